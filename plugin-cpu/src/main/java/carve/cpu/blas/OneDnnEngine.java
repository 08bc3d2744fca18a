package carve.cpu.blas;

import carve.api.tensor.DType;
import java.util.LinkedHashMap;

/**
 * Products of matrices by oneDNN, which writes machine code for the processor that it finds: with the instructions for BF16
 * that the Vector API cannot name, and with tiles where there are any.
 *
 * <p>Code is written for each shape once, in about a millisecond, and kept for the last shapes asked for. oneDNN computes a
 * product on the thread that asks for it: our workers share the work out, see {@link BlockedMatmul}. Asked and closed by one thread.
 */
public final class OneDnnEngine implements AutoCloseable {
    private static final int CACHE_CAPACITY = 256;
    private static final int AVX512_BF16 = 0xE7;

    private final LinkedHashMap<MatmulShape, OneDnnMatmul> primitives = new LinkedHashMap<>(64, 0.75f, true);
    private final OneDnnApi calls = new OneDnnApi();
    private final long engine = calls.engine();
    private final long attributes = calls.attributes();
    private final boolean multipliesBf16 = (calls.effectiveIsa() & AVX512_BF16) == AVX512_BF16;

    /**
     * {@code C (M, N) = A (M, K) B (K, N)}, elements from row to row and from column to column; C is F32 and its columns
     * are neighbours.
     *
     * @param type of A and B, F32 or BF16
     */
    public record MatmulShape(
            DType type, int m, int n, int k, long aRow, long aColumn, long bRow, long bColumn, long cRow) {
        /** Returns a part of the same matrices. */
        MatmulShape block(int rows, int columns) {
            return new MatmulShape(type, rows, columns, k, aRow, aColumn, bRow, bColumn, cRow);
        }
    }

    /** Returns whether the processor multiplies BF16, twice as fast as F32 at least. */
    public boolean supportsBf16() {
        return multipliesBf16;
    }

    /** Returns the code for a shape, written now if it is not kept. */
    OneDnnMatmul matmul(MatmulShape matmulShape) {
        OneDnnMatmul found = primitives.get(matmulShape);
        if (found == null) {
            found = new OneDnnMatmul(calls, engine, attributes, matmulShape);
            primitives.put(matmulShape, found);
            if (primitives.size() > CACHE_CAPACITY) {
                primitives.pollFirstEntry().getValue().close();
            }
        }
        return found;
    }

    @Override
    public void close() {
        primitives.values().forEach(OneDnnMatmul::close);
        primitives.clear();
        calls.free(OneDnnApi.ObjectKind.PRIMITIVE_ATTR, attributes);
        calls.free(OneDnnApi.ObjectKind.ENGINE, engine);
    }
}
