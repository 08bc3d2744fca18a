package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import carve.cpu.simd.LaneReduction;
import carve.cpu.simd.Transpose;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Softmax attention without the matrix of scores: keys and values come in tiles, and each step of twelve queries
 * corrects its running maximum and sum when a tile brings a greater score (Dao et al. 2022, arXiv:2205.14135).
 *
 * <p>Where attention is causal, a step multiplies only with the columns that its last query sees; with a window, from the panel of
 * the first key that its first query sees.
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
     * @param scale of products of queries and keys
     * @param causal whether later keys are hidden
     * @param window how many keys a query sees at most; 0 for all
     * @param softCap what scores stay below in magnitude; 0 for no cap
     * @param stored the storage type of keys and values
     */
    record Heads(
            int heads,
            int kvHeads,
            int keyWidth,
            int valueWidth,
            float scale,
            boolean causal,
            int window,
            float softCap,
            DType stored) {
        int kvHead(int head) {
            return head / (heads / kvHeads);
        }

        /** Replaces products by scores that are capped, if they are. */
        void cap(float[] products, int at, int n) {
            if (softCap != 0) {
                SoftmaxRows.cap(products, at, n, scale / softCap, softCap);
            }
        }

        /** Returns the factor that products still need after {@link #cap}. */
        float remainingScale() {
            return softCap == 0 ? scale : 1;
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

    /** The addresses of the gradients of the result and of the operands; of sinks 0 where there are none. */
    record Gradients(long dy, long dq, long dk, long dv, long dSinks) {}

    /** Returns how many of the keys from {@code first} on a query sees. */
    static int visibleKeys(Heads h, SequenceSpan sequenceSpan, int query, int first) {
        int all = sequenceSpan.keys - first;
        return h.causal ? Math.min(all, query + sequenceSpan.offset() + 1 - first) : all;
    }

    /** Returns how many of the keys from {@code first} on lie before the window of a query. */
    static int hiddenKeys(Heads h, SequenceSpan sequenceSpan, int query, int first) {
        return h.window == 0 ? 0 : Math.max(0, visibleKeys(h, sequenceSpan, query, 0) - h.window - first);
    }

    /** Writes results and logarithms of sums. */
    void forward(Heads h, List<SequenceSpan> spans, AttentionOperands data) {
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
            Heads h,
            SequenceSpan sequenceSpan,
            AttentionOperands data,
            int head,
            int from,
            int queries,
            Scratchpad scratchpad) {
        int group = h.kvHead(head);
        int outputs = MicroKernel.panels(h.valueWidth) * MicroKernel.NR;
        float[] block = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
        float[] output = scratchpad.floats((QUERIES + MicroKernel.MR) * outputs);
        float[] running = scratchpad.floats(2 * (QUERIES + MicroKernel.MR));
        Arrays.fill(output, 0, queries * outputs, 0);
        float sink = data.sink(head);
        Arrays.fill(running, 0, queries, sink);
        Arrays.fill(running, QUERIES, QUERIES + queries, sink == Float.NEGATIVE_INFINITY ? 0 : 1);
        MicroKernel.packLeft(
                data.query(h, sequenceSpan.query + from, head),
                (long) h.heads * h.keyWidth,
                queries,
                h.keyWidth,
                block);
        int visible = visibleKeys(h, sequenceSpan, from + queries - 1, 0);
        int start = hiddenKeys(h, sequenceSpan, from, 0);
        for (int k = start; k < visible; k += KEY_TILE) {
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
                            k == start,
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
            Heads h, AttentionOperands data, long row, int group, int count, float[] panels, Scratchpad scratchpad) {
        long rowStride = (long) h.kvHeads * h.keyWidth;
        try (var _ = scratchpad.frame()) {
            DequantisedRows keys =
                    DequantisedRows.of(h.stored, data.key(h, row, group), rowStride, count, h.keyWidth, scratchpad);
            packTransposed(keys, count, h.keyWidth, panels, scratchpad);
        }
    }

    /** Packs panels of some values of a group. */
    private static void packValues(
            Heads h, AttentionOperands data, long row, int group, int count, float[] panels, Scratchpad scratchpad) {
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
            boolean isFirst,
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
        int hidden = hiddenKeys(h, sequenceSpan, from + r, k);
        if (columns <= hidden) {
            return;
        }
        int begin = hidden / MicroKernel.NR * MicroKernel.NR;
        float[] part = isFirst ? output : corrected;
        MicroKernel.multiply(
                block,
                r * MicroKernel.LEFT_STRIDE,
                false,
                keyPanels,
                rows,
                h.keyWidth,
                begin,
                columns,
                scores,
                0,
                MicroKernel.LEFT_STRIDE);
        for (int i = 0; i < rows; i++) {
            int at = i * MicroKernel.LEFT_STRIDE;
            h.cap(scores, at + begin, columns - begin);
            int own = Math.min(columns, visibleKeys(h, sequenceSpan, from + r + i, k));
            int before = hiddenKeys(h, sequenceSpan, from + r + i, k);
            float max = weigh(h, scores, at, begin, before, own, columns, running[r + i], sums, i * LANES);
            float correction = running[r + i] == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(running[r + i] - max);
            running[r + i] = max;
            running[QUERIES + r + i] *= correction;
            if (!isFirst && correction != 1) {
                scale(output, (r + i) * outputs, outputs, correction);
            }
        }
        LaneReduction.sumEach(sums, SUMMED);
        for (int i = 0; i < rows; i++) {
            running[QUERIES + r + i] += sums[i];
        }
        multiplyValues(
                scores,
                valuePanels,
                keys,
                begin,
                columns,
                rows,
                h.valueWidth,
                part,
                isFirst ? r * outputs : 0,
                outputs);
        for (int i = 0; !isFirst && i < rows * outputs; i += LANES) {
            int to = r * outputs + i;
            FloatVector.fromArray(F, output, to)
                    .add(FloatVector.fromArray(F, part, i))
                    .intoArray(output, to);
        }
    }

    /**
     * Replaces the scores of a row from {@code begin} on by exponentials, those of keys that it does not see by 0, writes their sum
     * lane by lane, and returns the greatest score up to now.
     *
     * @param hidden the first key that it sees
     * @param own the end of the keys that it sees
     * @param before the greatest score before
     */
    private static float weigh(
            Heads h,
            float[] scores,
            int at,
            int begin,
            int hidden,
            int own,
            int columns,
            float before,
            float[] sums,
            int to) {
        float scale = h.remainingScale();
        boolean sees = own > hidden;
        float max = sees ? Math.max(before, SoftmaxRows.max(scores, at + hidden, own - hidden) * scale) : before;
        if (sees && hidden > begin) {
            Arrays.fill(scores, at + begin, at + hidden, Float.NEGATIVE_INFINITY);
        }
        SoftmaxRows.exponentials(scores, at + begin, sees ? own - begin : 0, columns - begin, scale, max, sums, to);
        return max;
    }

    /** Multiplies scores with the rows from {@code begin} to {@code columns} of the {@code keys} rows of panels. */
    private static void multiplyValues(
            float[] scores,
            float[] panels,
            int keys,
            int begin,
            int columns,
            int rows,
            int width,
            float[] to,
            int at,
            int rowStride) {
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? MicroKernel.MR : 4;
            int panel = begin * MicroKernel.NR;
            for (int n = 0; n < width; n += MicroKernel.NR, panel += keys * MicroKernel.NR) {
                MicroKernel.run(
                        taken,
                        scores,
                        r * MicroKernel.LEFT_STRIDE + begin,
                        false,
                        panels,
                        panel,
                        columns - begin,
                        to,
                        at + r * rowStride + n,
                        rowStride);
            }
            r += taken;
        }
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
            AttentionOperands data,
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
