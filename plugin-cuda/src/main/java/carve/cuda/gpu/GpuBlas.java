package carve.cuda.gpu;

/** Products of matrices as the Basic Linear Algebra Subprograms define them: columns one after the other. */
public interface GpuBlas extends AutoCloseable {
    /**
     * Matrices in memory of a card, one after the other.
     *
     * @param address where the first begins
     * @param typeCode the storage type, see {@link DTypeCode}
     * @param transposed whether rows rather than columns are read as columns
     * @param leadingDimension elements from one column to the next
     * @param batchStride elements from one matrix to the next; 0 where one serves all
     */
    record Matrix(long address, int typeCode, boolean transposed, long leadingDimension, long batchStride) {
        /** Returns the same without where it is. */
        public Matrix withoutAddress() {
            return new Matrix(0, typeCode, transposed, leadingDimension, batchStride);
        }
    }

    /** Sets c (m, n) to the products of a (m, k) and b (k, n); nothing is empty. */
    void gemm(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches);

    /**
     * Sets c (m, n), F32, to one product, to whose columns a bias (m), F32, is added.
     *
     * @return whether that is done; nothing is where it is not
     */
    default boolean gemmWithBias(int m, int n, int k, Matrix a, Matrix b, Matrix c, long bias) {
        return false;
    }

    /** Returns whether products of operands of a storage type are given in that type; in F32 always. */
    default boolean supportsOutput(int code) {
        return false;
    }

    /** Returns whether operands of these storage types are taken. */
    boolean supportsInputs(int a, int b);

    @Override
    default void close() {
        // nothing to release
    }
}
