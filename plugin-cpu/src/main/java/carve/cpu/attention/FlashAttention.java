package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import carve.cpu.simd.LaneReduction;
import carve.cpu.simd.Transpose;
import carve.cpu.simd.VectorMath;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Softmax attention without the matrix of scores: keys and values come in tiles, and each step of twelve queries
 * corrects its running maximum and sum when a tile brings a greater score (Dao et al. 2022, arXiv:2205.14135).
 *
 * <p>Where attention is causal, a step multiplies only with the columns that its last query sees.
 */
final class FlashAttention {
    /** The keys of a tile. */
    static final int KEY_TILE = MicroKernel.KC;

    private static final int QUERIES = 192;
    private static final int SUMMED = 16; // rows of a step, and as many as are quick to sum

    private final ThreadPool threadPool;

    FlashAttention(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /**
     * The heads of an attention layer.
     *
     * @param heads of queries
     * @param kvHeads heads of keys and values
     * @param keyWidth elements of a query and of a key
     * @param valueWidth elements of a value
     * @param scale of scores
     * @param causal whether later keys are hidden
     * @param stored the storage type of keys and values
     */
    record Heads(int heads, int kvHeads, int keyWidth, int valueWidth, float scale, boolean causal, DType stored) {
        int kvHead(int head) {
            return head / (heads / kvHeads);
        }
    }

    /**
     * One sequence.
     *
     * @param query the row (of B T) of its first query
     * @param queries how many
     * @param rows how many rows belong to it, the padding included
     * @param key the row (of B S) of its first key
     * @param keys how many
     * @param offset how many keys come before the position of the first query
     */
    record SequenceSpan(long query, int queries, int rows, long key, int keys, int offset) {}

    /** The addresses of the operands, the result and the logarithms of sums. */
    record Operands(long q, long k, long v, long y, long logSumExp) {
        long query(Heads h, long row, int head) {
            return q + 4 * (row * h.heads + head) * h.keyWidth;
        }

        long key(Heads h, long row, int group) {
            return k + h.stored.bytes((row * h.kvHeads + group) * h.keyWidth);
        }

        long value(Heads h, long row, int group) {
            return v + h.stored.bytes((row * h.kvHeads + group) * h.valueWidth);
        }

        long result(Heads h, long row, int head) {
            return y + 4 * (row * h.heads + head) * h.valueWidth;
        }

        long sum(Heads h, long row, int head) {
            return logSumExp + 4 * (row * h.heads + head);
        }
    }

    /** The addresses of the gradients of the result and of the operands. */
    record Gradients(long dy, long dq, long dk, long dv) {}

    /** Returns how many of the keys from {@code first} on a query sees. */
    static int visibleKeys(Heads h, SequenceSpan sequenceSpan, int query, int first) {
        int all = sequenceSpan.keys - first;
        return h.causal ? Math.min(all, query + sequenceSpan.offset() + 1 - first) : all;
    }

    /** Writes results and logarithms of sums. */
    void forward(Heads h, List<SequenceSpan> spans, Operands data) {
        int longest = spans.stream().mapToInt(SequenceSpan::rows).max().orElse(0);
        int tiles = (longest + QUERIES - 1) / QUERIES;
        threadPool.parallelFor(spans.size() * h.heads * tiles, (task, scratchpad) -> {
            SequenceSpan sequenceSpan = spans.get(task / (h.heads * tiles));
            int head = task / tiles % h.heads;
            // the last tiles of a causal sequence see the most keys: they begin first
            int from = (tiles - 1 - task % tiles) * QUERIES;
            if (from < sequenceSpan.queries) {
                tile(h, sequenceSpan, data, head, from, Math.min(QUERIES, sequenceSpan.queries - from), scratchpad);
            }
            for (int t = Math.max(from, sequenceSpan.queries); t < Math.min(sequenceSpan.rows, from + QUERIES); t++) {
                Elementwise.fill(data.result(h, sequenceSpan.query + t, head), 0, h.valueWidth);
                NativeMemory.set(data.sum(h, sequenceSpan.query + t, head), 0);
            }
        });
    }

    private static void tile(
            Heads h, SequenceSpan sequenceSpan, Operands data, int head, int from, int queries, Scratchpad scratchpad) {
        int group = h.kvHead(head);
        int outputs = MicroKernel.panels(h.valueWidth) * MicroKernel.NR;
        float[] block = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
        float[] output = scratchpad.floats((QUERIES + MicroKernel.MR) * outputs);
        float[] running = scratchpad.floats(2 * (QUERIES + MicroKernel.MR));
        Arrays.fill(output, 0, queries * outputs, 0);
        Arrays.fill(running, 0, queries, Float.NEGATIVE_INFINITY);
        Arrays.fill(running, QUERIES, QUERIES + queries, 0);
        MicroKernel.packLeft(
                data.query(h, sequenceSpan.query + from, head),
                (long) h.heads * h.keyWidth,
                queries,
                h.keyWidth,
                block);
        int visible = visibleKeys(h, sequenceSpan, from + queries - 1, 0);
        for (int k = 0; k < visible; k += KEY_TILE) {
            int keys = Math.min(KEY_TILE, visible - k);
            try (var _ = scratchpad.frame()) {
                float[] keyPanels = scratchpad.floats(MicroKernel.packedRightSize(h.keyWidth, keys));
                float[] valuePanels = scratchpad.floats(MicroKernel.packedRightSize(keys, h.valueWidth));
                packKeys(h, data, sequenceSpan.key + k, group, keys, keyPanels, scratchpad);
                packValues(h, data, sequenceSpan.key + k, group, keys, valuePanels, scratchpad);
                float[] scores = scratchpad.floats(MicroKernel.packedLeftSize(MicroKernel.MR));
                float[] part = scratchpad.floats(MicroKernel.MR * outputs);
                float[] sums = scratchpad.floats(SUMMED * LANES);
                for (int r = 0; r < queries; r += MicroKernel.MR) {
                    step(
                            h,
                            sequenceSpan,
                            from,
                            r,
                            Math.min(MicroKernel.MR, queries - r),
                            k,
                            keys,
                            block,
                            keyPanels,
                            valuePanels,
                            output,
                            outputs,
                            running,
                            scores,
                            part,
                            sums);
                }
            }
        }
        finish(h, sequenceSpan, data, head, from, queries, output, outputs, running);
    }

    /** Packs panels of the transpose of some keys of a group. */
    private static void packKeys(
            Heads h, Operands data, long row, int group, int count, float[] panels, Scratchpad scratchpad) {
        long rowStride = (long) h.kvHeads * h.keyWidth;
        try (var _ = scratchpad.frame()) {
            DequantisedRows keys =
                    DequantisedRows.of(h.stored, data.key(h, row, group), rowStride, count, h.keyWidth, scratchpad);
            packTransposed(keys, count, h.keyWidth, panels, scratchpad);
        }
    }

    /** Packs panels of some values of a group. */
    private static void packValues(
            Heads h, Operands data, long row, int group, int count, float[] panels, Scratchpad scratchpad) {
        long rowStride = (long) h.kvHeads * h.valueWidth;
        try (var _ = scratchpad.frame()) {
            DequantisedRows values =
                    DequantisedRows.of(h.stored, data.value(h, row, group), rowStride, count, h.valueWidth, scratchpad);
            MicroKernel.panels(values.address(), values.rowStride(), count, h.valueWidth, panels);
        }
    }

    /** Makes panels of the transpose of rows; columns beyond the end are arbitrary. */
    static void packTransposed(DequantisedRows rows, int count, int width, float[] to, Scratchpad scratchpad) {
        try (var _ = scratchpad.frame()) {
            float[] block = scratchpad.floats(MicroKernel.packedLeftSize(MicroKernel.NR));
            float[] scratch = scratchpad.floats(Transpose.scratchSize());
            for (int n = 0; n < count; n += MicroKernel.NR) {
                int some = Math.min(MicroKernel.NR, count - n);
                MicroKernel.packLeft(rows.address() + 4 * n * rows.rowStride(), rows.rowStride(), some, width, block);
                Transpose.toPanels(
                        block, 0, MicroKernel.LEFT_STRIDE, some, width, to, n * width, width, MicroKernel.NR, scratch);
            }
        }
    }

    /** Takes one tile of keys into account for up to twelve queries. */
    private static void step(
            Heads h,
            SequenceSpan sequenceSpan,
            int from,
            int r,
            int rows,
            int k,
            int keys,
            float[] block,
            float[] keyPanels,
            float[] valuePanels,
            float[] output,
            int outputs,
            float[] running,
            float[] scores,
            float[] corrected,
            float[] sums) {
        int columns = Math.min(keys, visibleKeys(h, sequenceSpan, from + r + rows - 1, k));
        if (columns <= 0) {
            return;
        }
        float[] part = k == 0 ? output : corrected;
        MicroKernel.multiply(
                block,
                r * MicroKernel.LEFT_STRIDE,
                false,
                keyPanels,
                rows,
                h.keyWidth,
                columns,
                scores,
                0,
                MicroKernel.LEFT_STRIDE);
        for (int i = 0; i < rows; i++) {
            int own = Math.min(columns, visibleKeys(h, sequenceSpan, from + r + i, k));
            float before = running[r + i];
            float max = Math.max(before, own <= 0 ? before : max(scores, i * MicroKernel.LEFT_STRIDE, own) * h.scale);
            exponentials(scores, i * MicroKernel.LEFT_STRIDE, Math.max(0, own), columns, h.scale, max, sums, i * LANES);
            float correction = before == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(before - max);
            running[r + i] = max;
            running[QUERIES + r + i] *= correction;
            if (k > 0 && correction != 1) {
                scale(output, (r + i) * outputs, outputs, correction);
            }
        }
        LaneReduction.sumEach(sums, SUMMED);
        for (int i = 0; i < rows; i++) {
            running[QUERIES + r + i] += sums[i];
        }
        multiplyValues(scores, valuePanels, keys, columns, rows, h.valueWidth, part, k == 0 ? r * outputs : 0, outputs);
        for (int i = 0; k > 0 && i < rows * outputs; i += LANES) {
            int to = r * outputs + i;
            FloatVector.fromArray(F, output, to)
                    .add(FloatVector.fromArray(F, part, i))
                    .intoArray(output, to);
        }
    }

    /** Multiplies scores with the first {@code columns} of the {@code keys} rows of panels. */
    private static void multiplyValues(
            float[] scores,
            float[] panels,
            int keys,
            int columns,
            int rows,
            int width,
            float[] to,
            int at,
            int rowStride) {
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? MicroKernel.MR : 4;
            for (int n = 0, panel = 0; n < width; n += MicroKernel.NR, panel += keys * MicroKernel.NR) {
                MicroKernel.run(
                        taken,
                        scores,
                        r * MicroKernel.LEFT_STRIDE,
                        false,
                        panels,
                        panel,
                        columns,
                        to,
                        at + r * rowStride + n,
                        rowStride);
            }
            r += taken;
        }
    }

    /** Returns the greatest of some elements, of which there are some. */
    static float max(float[] x, int at, int n) {
        FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            max = max.max(FloatVector.fromArray(F, x, at + i));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            max = max.lanewise(VectorOperators.MAX, FloatVector.fromArray(F, x, at + i, rest), rest);
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** Replaces the first {@code own} scores by exp(scale x - max) and the rest by 0, and writes the sum, lane by lane. */
    static void exponentials(float[] x, int at, int own, int columns, float scale, float max, float[] sums, int to) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i < own; i += LANES) { // the array holds a whole vector; one exponential only, see VectorMath
            FloatVector e = VectorMath.exp(
                    FloatVector.fromArray(F, x, at + i).mul(scale).sub(max));
            e = FloatVector.zero(F).blend(e, NativeMemory.firstLanes(own - i));
            e.intoArray(x, at + i);
            sum = sum.add(e);
        }
        for (; i < columns; i += LANES) {
            FloatVector.zero(F).intoArray(x, at + i);
        }
        sum.intoArray(sums, to);
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = at; i < at + n; i += LANES) {
            FloatVector.fromArray(F, x, i).mul(factor).intoArray(x, i);
        }
    }

    private static void write(float[] x, int at, int n, float factor, long to) {
        int whole = F.loopBound(n);
        for (int i = 0; i < whole; i += LANES) {
            NativeMemory.store(to + 4L * i, FloatVector.fromArray(F, x, at + i).mul(factor));
        }
        if (whole < n) { // the array holds a whole vector
            NativeMemory.store(
                    to + 4L * whole,
                    FloatVector.fromArray(F, x, at + whole).mul(factor),
                    NativeMemory.firstLanes(n - whole));
        }
    }

    private static void finish(
            Heads h,
            SequenceSpan sequenceSpan,
            Operands data,
            int head,
            int from,
            int queries,
            float[] output,
            int outputs,
            float[] running) {
        for (int i = 0; i < queries; i++) {
            float sum = running[QUERIES + i];
            write(output, i * outputs, h.valueWidth, 1 / sum, data.result(h, sequenceSpan.query + from + i, head));
            NativeMemory.set(data.sum(h, sequenceSpan.query + from + i, head), running[i] + (float) Math.log(sum));
        }
    }
}
