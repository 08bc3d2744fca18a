package carve.cpu.blas;

/** A library of large F32 matrix products. */
public interface Blas {
    /** Returns the name and version, for people. */
    String description();

    /**
     * Writes {@code C (M, N) = op(A) op(B)}, dense and row-major.
     *
     * @param transposeA whether A is stored (K, M)
     * @param transposeB whether B is stored (N, K)
     */
    void multiply(int m, int n, int k, long a, boolean transposeA, long b, boolean transposeB, long c);
}
