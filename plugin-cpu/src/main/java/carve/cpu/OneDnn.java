package carve.cpu;

import carve.api.tensor.DType;
import java.util.LinkedHashMap;

/**
 * Products of matrices by oneDNN, which writes machine code for the processor that it finds: with the instructions for BF16
 * that the Vector API cannot name, and with tiles where there are any.
 *
 * <p>Code is written for each shape once, in about a millisecond, and kept for the last shapes asked for. oneDNN computes a
 * product on the thread that asks for it: our workers share the work out, see {@link Grid}. Asked and closed by one thread.
 */
final class OneDnn implements AutoCloseable {
    private static final int KEPT = 256;
    private static final int AVX512_BF16 = 0xE7;

    private final LinkedHashMap<Shape, OneDnnProduct> products = new LinkedHashMap<>(64, 0.75f, true);
    private final OneDnnCalls calls = new OneDnnCalls();
    private final long engine = calls.engine();
    private final long attributes = calls.attributes();
    private final boolean multipliesBf16 = (calls.instructions() & AVX512_BF16) == AVX512_BF16;

    /**
     * {@code C (M, N) = A (M, K) B (K, N)}, elements from row to row and from column to column; C is F32 and its columns
     * are neighbours.
     *
     * @param type of A and B, F32 or BF16
     */
    record Shape(DType type, int m, int n, int k, long aRow, long aColumn, long bRow, long bColumn, long cRow) {
        /** Returns a part of the same matrices. */
        Shape with(int rows, int columns) {
            return new Shape(type, rows, columns, k, aRow, aColumn, bRow, bColumn, cRow);
        }
    }

    /** Returns whether the processor multiplies BF16, twice as fast as F32 at least. */
    boolean multipliesBf16() {
        return multipliesBf16;
    }

    /** Returns the code for a shape, written now if it is not kept. */
    OneDnnProduct product(Shape shape) {
        OneDnnProduct found = products.get(shape);
        if (found == null) {
            found = new OneDnnProduct(calls, engine, attributes, shape);
            products.put(shape, found);
            if (products.size() > KEPT) {
                products.pollFirstEntry().getValue().close();
            }
        }
        return found;
    }

    @Override
    public void close() {
        products.values().forEach(OneDnnProduct::close);
        products.clear();
        calls.free(OneDnnCalls.Kind.PRIMITIVE_ATTR, attributes);
        calls.free(OneDnnCalls.Kind.ENGINE, engine);
    }
}
