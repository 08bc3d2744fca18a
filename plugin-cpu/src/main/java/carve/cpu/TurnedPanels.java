package carve.cpu;

import static carve.cpu.Memory.LANES;
import static carve.cpu.Tiles.PANEL;

import carve.api.tensor.DType;
import java.util.Arrays;

/**
 * Panels of {@link Tiles} made of weights (N, K), of which the transpose is multiplied with: as many rows as a vector has lanes are
 * widened to F32 at a time and turned by {@link Turn}.
 */
final class TurnedPanels {
    private static final int WIDENED = 8;
    private static final int ROOM = 9;

    private TurnedPanels() {}

    /**
     * Makes panels of the transpose of part of a row-major matrix of any storage type, from element {@code first} of each row on.
     *
     * @param from where the first of {@code columns} rows begins
     * @param bytes from row to row
     * @param start the first index of the panels
     */
    static void make(
            DType dtype,
            long from,
            long bytes,
            int first,
            int depth,
            int columns,
            float[] to,
            int start,
            Scratch scratch) {
        int block = dtype.blockElements();
        int skipped = first % block;
        int whole = (skipped + depth + block - 1) / block * block;
        int stride = skipped + Dots.whole(whole) + LANES; // up to whole vectors after what is skipped
        float[] rows = scratch.floats(WIDENED, LANES * stride);
        float[] room = scratch.floats(ROOM, Turn.roomSize());
        for (int n = 0; n < columns; n += LANES) {
            int count = Math.min(LANES, columns - n);
            for (int i = 0; i < count; i++) {
                Widening.row(dtype, from + (n + i) * bytes, first - skipped, whole, rows, i * stride);
            }
            int panel = start + n / PANEL * depth * PANEL + n % PANEL;
            Turn.panels(rows, skipped, stride, count, depth, to, panel, depth, room);
        }
        clearRest(depth, columns, to, start);
    }

    private static void clearRest(int depth, int columns, float[] to, int start) {
        int used = columns % PANEL;
        if (used != 0) {
            int at = start + columns / PANEL * depth * PANEL;
            for (int k = 0; k < depth; k++, at += PANEL) {
                Arrays.fill(to, at + used, at + PANEL, 0);
            }
        }
    }
}
