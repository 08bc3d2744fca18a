package carve.cpu.scan;

import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.scan.ChunkedScan.Heads;
import carve.cpu.scan.ChunkedScan.Operands;
import carve.cpu.scan.ChunkedScan.SequenceSpan;
import carve.cpu.simd.Transpose;
import carve.cpu.thread.Scratchpad;

/**
 * Some heads of one sequence of a {@link ChunkedScan}, chunk by chunk.
 *
 * <p>The two terms of a result are one product: to the left {@code [exp(c[i]) q[i], M[i]]} with M[i, j] = exp(c[i] -
 * c[j]) q[i] k'[j]; to the right, below each other, the state (N, P) and the values (chunk, P). A step of rows takes
 * only the values that its last row sees. Heads that follow each other and share queries and keys share their products.
 */
final class ChunkedScanForward {

    private final Heads h;
    private final SequenceSpan sequenceSpan;
    private final Operands operands;
    private final int first;
    private final int count;
    private final int chunk;
    private final int state;
    private final int width;
    private final int deep;
    private final int rightSize;
    private final int rowStride;
    private final float[] right;
    private final float[] queries;
    private final float[] keys;
    private final float[] keyColumns;
    private final float[] scores;
    private final float[] left;
    private final float[] inputs;
    private final float[] output;
    private final float[] decays;
    private final float[] tile;
    private final float[] scratch;

    ChunkedScanForward(
            Heads h, SequenceSpan sequenceSpan, Operands operands, int first, int count, Scratchpad scratchpad) {
        this.h = h;
        this.sequenceSpan = sequenceSpan;
        this.operands = operands;
        this.first = first;
        this.count = count;
        chunk = h.chunk();
        state = h.state();
        width = h.width();
        deep = state + chunk;
        rightSize = MicroKernel.packedRightSize(deep, width);
        rowStride = MicroKernel.panels(width) * MicroKernel.NR;
        right = scratchpad.floats(count * rightSize);
        queries = scratchpad.floats(blockSize(chunk));
        keys = scratchpad.floats(blockSize(chunk));
        keyColumns = scratchpad.floats(MicroKernel.packedRightSize(state, chunk));
        scores = scratchpad.floats(blockSize(chunk));
        left = scratchpad.floats(blockSize(chunk));
        inputs = scratchpad.floats(MicroKernel.packedRightSize(chunk, width));
        output = scratchpad.floats(MicroKernel.MR * rowStride);
        decays = scratchpad.floats(ChunkDecay.size());
        tile = scratchpad.floats(MicroKernel.MR * MicroKernel.NR);
        scratch = scratchpad.floats(Transpose.scratchSize());
    }

    /** Returns the length of an array for a block whose rows are also read in whole vectors of rows. */
    static int blockSize(int rows) {
        return MicroKernel.packedLeftSize(rows + NativeMemory.LANES);
    }

    void run() {
        boolean[] some = new boolean[count];
        for (int i = 0; i < count; i++) {
            some[i] = load(i);
        }
        for (int t = 0; t < sequenceSpan.length(); t += chunk) {
            int length = Math.min(chunk, sequenceSpan.length() - t);
            long row = sequenceSpan.row() + t;
            for (int i = 0; i < count; i++) {
                shared(row, first + i, length, i == 0);
                head(row, i, length, some[i]);
                some[i] = true;
            }
        }
        for (int i = 0; i < count; i++) {
            store(i);
        }
    }

    /** Turns a state (P, N) into the first rows of the panels, and returns whether anything in it is not 0. */
    private boolean load(int i) {
        long from = operands.state() + Operands.stateOffset(h, sequenceSpan.index(), first + i);
        boolean some = ChunkedScan.isNonZero(from, state * width);
        for (int p = 0; p < width; p += MicroKernel.NR) {
            int at = i * rightSize + p * deep;
            int rows = Math.min(MicroKernel.NR, width - p);
            if (some) {
                MicroKernel.packLeft(from + 4L * p * state, state, rows, state, left);
                Transpose.toPanels(
                        left, 0, MicroKernel.LEFT_STRIDE, rows, state, right, at, deep, MicroKernel.NR, scratch);
            } else {
                java.util.Arrays.fill(right, at, at + state * MicroKernel.NR, 0);
            }
        }
        return some;
    }

    private void store(int i) {
        long to = operands.next() + Operands.stateOffset(h, sequenceSpan.index(), first + i);
        for (int p = 0; p < width; p += MicroKernel.NR) {
            int rows = Math.min(MicroKernel.NR, width - p);
            Transpose.toRowMajor(
                    right,
                    i * rightSize + p * deep,
                    MicroKernel.NR,
                    state,
                    rows,
                    left,
                    0,
                    MicroKernel.LEFT_STRIDE,
                    scratch);
            MicroKernel.storeTile(left, MicroKernel.LEFT_STRIDE, rows, state, to + 4L * p * state, state, false);
        }
    }

    /** Packs queries and keys and multiplies them, unless those are there from the head before. */
    private void shared(long row, int head, int length, boolean fresh) {
        boolean sameQueries = !fresh && h.query(head) == h.query(head - 1);
        boolean sameKeys = !fresh && h.key(head) == h.key(head - 1);
        if (!sameQueries) {
            MicroKernel.packLeft(operands.query(h, row, head), (long) h.queryGroups() * state, length, state, queries);
        }
        if (!sameKeys) {
            MicroKernel.packLeft(operands.key(h, row, head), (long) h.keyGroups() * state, length, state, keys);
            Transpose.toPanels(
                    keys, 0, MicroKernel.LEFT_STRIDE, length, state, keyColumns, 0, state, MicroKernel.NR, scratch);
        }
        if (!sameQueries || !sameKeys) {
            for (int r = 0; r < length; r += MicroKernel.MR) {
                int rows = Math.min(MicroKernel.MR, length - r);
                int at = r * MicroKernel.LEFT_STRIDE;
                MicroKernel.multiply(
                        queries, at, false, keyColumns, rows, state, r + rows, scores, at, MicroKernel.LEFT_STRIDE);
            }
        }
    }

    private void head(long row, int i, int length, boolean some) {
        int head = first + i;
        ChunkDecay decay = ChunkDecay.of(h, operands, row, head, length, decays);
        values(operands.value(h, row, head), i, length, decay);
        int skipped = some ? 0 : state; // without a state only the other term
        for (int r = 0; r < length; r += MicroKernel.MR) {
            int rows = Math.min(MicroKernel.MR, length - r);
            for (int j = r; j < r + rows; j++) {
                int at = j * MicroKernel.LEFT_STRIDE;
                if (some) {
                    ChunkedScan.scaled(queries, at, decay.fromStart(j), left, at, state);
                }
                decay.applyDecay(j, scores, at, r + rows, left, at + state);
            }
            int from = r * MicroKernel.LEFT_STRIDE + skipped;
            int depth = state - skipped + r + rows;
            ChunkedScan.multiply(
                    left,
                    from,
                    right,
                    i * rightSize + skipped * MicroKernel.NR,
                    depth,
                    deep,
                    rows,
                    width,
                    output,
                    0,
                    rowStride);
            long to = operands.result(h, row + r, head);
            MicroKernel.storeTile(output, rowStride, rows, width, to, (long) h.heads() * width, false);
        }
        float kept = decay.fromStart(length - 1);
        ChunkedScan.updateState(keys, state, inputs, 0, length, length, width, kept, right, i * rightSize, deep, tile);
    }

    /** Packs the values of a chunk below the state, and what they add to the next state. */
    private void values(long value, int i, int length, ChunkDecay decay) {
        long step = (long) h.valueGroups() * width;
        for (int p = 0; p < width; p += MicroKernel.NR) {
            int at = i * rightSize + p * deep + state * MicroKernel.NR;
            MicroKernel.panels(value + 4L * p, step, length, Math.min(MicroKernel.NR, width - p), right, at);
            for (int j = 0; j < length; j++) {
                ChunkedScan.scaled(
                        right,
                        at + j * MicroKernel.NR,
                        decay.toEnd(j) * decay.input(j),
                        inputs,
                        p * length + j * MicroKernel.NR,
                        MicroKernel.NR);
            }
        }
    }
}
