package carve.cpu.gemm;

import static carve.cpu.gemm.MicroKernel.NR;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.simd.Transpose;
import carve.cpu.thread.Scratchpad;
import java.util.Arrays;

/**
 * Packing of weights (N, K) into panels of their transpose for {@link MicroKernel}: as many rows as a vector has lanes are converted to
 * F32 at a time and transposed by {@link Transpose}.
 */
final class TransposedPacking {
    private TransposedPacking() {}

    /**
     * Makes panels of the transpose of part of a row-major matrix of any storage type, from element {@code first} of each row on.
     *
     * @param from where the first of {@code columns} rows begins
     * @param bytes from row to row
     * @param start the first index of the panels
     */
    static void pack(
            DType dtype,
            long from,
            long bytes,
            int first,
            int depth,
            int columns,
            float[] to,
            int start,
            Scratchpad scratchpad) {
        int block = dtype.blockElements();
        int skipped = first % block;
        int whole = (skipped + depth + block - 1) / block * block;
        int stride = skipped + DotKernel.roundUpToLanes(whole) + LANES; // up to whole vectors after what is skipped
        try (var _ = scratchpad.frame()) {
            float[] rows = scratchpad.floats(LANES * stride);
            float[] scratch = scratchpad.floats(Transpose.scratchSize());
            for (int n = 0; n < columns; n += LANES) {
                int count = Math.min(LANES, columns - n);
                for (int i = 0; i < count; i++) {
                    Dequantisation.toFloats(dtype, from + (n + i) * bytes, first - skipped, whole, rows, i * stride);
                }
                int panel = start + n / NR * depth * NR + n % NR;
                Transpose.toPanels(rows, skipped, stride, count, depth, to, panel, depth, MicroKernel.NR, scratch);
            }
        }
        clearRest(depth, columns, to, start);
    }

    private static void clearRest(int depth, int columns, float[] to, int start) {
        int used = columns % NR;
        if (used != 0) {
            int at = start + columns / NR * depth * NR;
            for (int k = 0; k < depth; k++, at += NR) {
                Arrays.fill(to, at + used, at + NR, 0);
            }
        }
    }
}
