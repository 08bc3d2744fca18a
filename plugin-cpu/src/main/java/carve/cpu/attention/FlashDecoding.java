package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of few queries to many keys, as in decoding: keys and values are read once, in place.
 *
 * <p>Many keys are divided into parts, whatever the number of threads, and the parts joined by their maxima and sums.
 */
final class FlashDecoding {
    private static final int SPLIT_KEYS = 256;
    private static final int ROW = SPLIT_KEYS + LANES;
    private static final long SMALL = 128 * 1024;
    private static final int SIDE = FlashDecodingLoops.KEY_BLOCK;
    private static final int SIDE_BYTES = 48 * 1024;

    private final ThreadPool threadPool;

    FlashDecoding(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** Writes results and logarithms of sums. */
    void run(FlashAttention.Heads h, List<FlashAttention.SequenceSpan> spans, AttentionOperands operands) {
        int parts = Math.max(1, (spans.getFirst().keys() + SPLIT_KEYS - 1) / SPLIT_KEYS);
        int queries = spans.getFirst().queries();
        int record = h.valueWidth() + 2;
        int rows = spans.size() * queries * h.heads();
        long work = (long) rows * spans.getFirst().keys() * (h.keyWidth() + h.valueWidth());
        try (var _ = threadPool.scratch().frame()) {
            float[] partial = threadPool.scratch().floats(rows * parts * record);
            Arrays.fill(partial, 0, rows * parts * record, 0);
            threadPool.parallelFor(work <= SMALL, spans.size() * parts, (task, scratchpad) -> {
                FlashAttention.SequenceSpan span = spans.get(task / parts);
                new KeySplit(h, span, operands, task % parts, parts, partial, record, scratchpad).run();
            });
            mergeSplits(h, operands, partial, rows, parts, record);
        }
    }

    private void mergeSplits(
            FlashAttention.Heads h, AttentionOperands operands, float[] partial, int rows, int parts, int record) {
        float[] total = threadPool.scratch().floats(h.valueWidth());
        float[] factors = threadPool.scratch().floats(parts);
        for (int i = 0; i < rows; i++) {
            mergeSplits(
                    partial,
                    i * parts * record,
                    parts,
                    record,
                    h.valueWidth(),
                    operands.y() + 4L * i * h.valueWidth(),
                    operands.logSumExp() + 4L * i,
                    operands.sink(i % h.heads()),
                    total,
                    factors);
        }
    }

    /** Returns how many keys, or values, are called into the cache in one go: what the processor would fetch late if asked in between. */
    private static int prefetchKeys(FlashAttention.Heads h, int width) {
        return Math.clamp(SIDE_BYTES / ((long) Float.BYTES * h.kvHeads() * width) / SIDE * SIDE, SIDE, SPLIT_KEYS);
    }

    /**
     * One part of the keys, for all queries and heads. Keys of one position are contiguous, so some are taken by all heads
     * before the next. The products with one leave the memory idle and the next, without which they cannot go on, come late: so
     * some are first read from end to end.
     */
    private record KeySplit(
            FlashAttention.Heads h,
            FlashAttention.SequenceSpan sequenceSpan,
            AttentionOperands operands,
            int part,
            int parts,
            float[] partial,
            int record,
            Scratchpad scratchpad) {
        void run() {
            int rows = sequenceSpan.queries() * h.heads();
            int most = seen(sequenceSpan.queries() - 1);
            float[] scores = scratchpad.floats(rows * ROW);
            float[] sums = scratchpad.floats(rows * SIDE * LANES);
            scores(most, scores, sums);
            for (int i = 0; i < rows; i++) {
                weigh(i, scores, sums);
            }
            int side = prefetchKeys(h, h.valueWidth());
            for (int k = 0; k < most; k += side) {
                int count = Math.min(side, most - k);
                long from = operands.value(h, sequenceSpan.key() + first() + k, 0);
                try (var _ = scratchpad.frame()) {
                    DequantisedRows values = dequantise(from, count, h.valueWidth(), sums);
                    for (int group = 0; group < h.kvHeads(); group++) {
                        means(group, k, ofGroup(values, group, h.valueWidth()), count, scores);
                    }
                }
            }
        }

        private void scores(int most, float[] scores, float[] sums) {
            int side = prefetchKeys(h, h.keyWidth());
            for (int k = 0; k < most; k += side) {
                int count = Math.min(side, most - k);
                long from = operands.key(h, sequenceSpan.key() + first() + k, 0);
                try (var _ = scratchpad.frame()) {
                    DequantisedRows keys = dequantise(from, count, h.keyWidth(), sums);
                    for (int i = 0; i < count; i += SIDE) {
                        long at = keys.address() + 4 * i * keys.rowStride();
                        products(k + i, at, keys.rowStride(), Math.min(SIDE, count - i), scores, sums);
                    }
                }
            }
        }

        /** Returns keys or values of all groups, which are contiguous, as F32 and in the cache; valid in the open frame. */
        private DequantisedRows dequantise(long from, int count, int width, float[] sums) {
            int rowStride = h.kvHeads() * width;
            int all = count * rowStride;
            if (h.stored() == DType.F32) {
                // the result is stored so that the compiler keeps the loads
                sums[0] = FlashDecodingLoops.prefetch(from, from + 4L * all);
                return new DequantisedRows(from, rowStride);
            }
            DequantisedRows contiguous = DequantisedRows.of(h.stored(), from, all, 1, all, scratchpad);
            return new DequantisedRows(contiguous.address(), rowStride);
        }

        private static DequantisedRows ofGroup(DequantisedRows all, int group, int width) {
            return new DequantisedRows(all.address() + 4L * group * width, all.rowStride());
        }

        private int first() {
            return part * SPLIT_KEYS;
        }

        /** Returns the end of the keys of the part that a query sees; 0 if it sees none. */
        private int seen(int query) {
            int end = Math.min(SPLIT_KEYS, FlashAttention.visibleKeys(h, sequenceSpan, query, first()));
            return end > hidden(query) ? end : 0;
        }

        /** Returns how many keys of the part come before those that a query sees. */
        private int hidden(int query) {
            return FlashAttention.hiddenKeys(h, sequenceSpan, query, first());
        }

        /** Returns where the maximum, the sum and the values of a query and head are; i counts both. */
        private int place(int i) {
            return (int) ((sequenceSpan.query() * h.heads() + i) * parts + part) * record;
        }

        /** Multiplies all queries with at most {@value #SIDE} keys, those that nobody sees included. */
        private void products(int k, long keys, long rowStride, int count, float[] scores, float[] sums) {
            int rows = sequenceSpan.queries() * h.heads();
            var queries = new FlashDecodingLoops.Queries(
                    operands.query(h, sequenceSpan.query(), 0),
                    sequenceSpan.queries(),
                    h.heads(),
                    h.kvHeads(),
                    h.keyWidth());
            for (int i = 0; i < count; i += 4) {
                queries.dots(keys + 4 * i * rowStride, 4 * rowStride, count - i - 1, sums, i * LANES);
            }
            LaneReduction.sumEach(sums, rows * SIDE);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(sums, i * SIDE, scores, i * ROW + k, count);
            }
        }

        private void weigh(int i, float[] scores, float[] sums) {
            int to = place(i);
            int count = seen(i / h.heads());
            partial[to] = Float.NEGATIVE_INFINITY;
            if (count > 0) {
                int hidden = hidden(i / h.heads());
                h.cap(scores, i * ROW, count);
                float scale = h.remainingScale();
                float max = SoftmaxRows.max(scores, i * ROW + hidden, count - hidden) * scale;
                partial[to] = max;
                Arrays.fill(scores, i * ROW, i * ROW + hidden, Float.NEGATIVE_INFINITY);
                SoftmaxRows.exponentials(scores, i * ROW, count, count, scale, max, sums, 0);
                LaneReduction.sumEach(sums, 1);
                partial[to + 1] = sums[0];
            }
        }

        /** Adds some values of a group, weighted; two heads at a time where a value is two vectors. */
        private void means(int group, int k, DequantisedRows values, int count, float[] scores) {
            int perGroup = h.heads() / h.kvHeads();
            for (int t = 0; t < sequenceSpan.queries(); t++) {
                int own = Math.min(count, seen(t) - k);
                int first = t * h.heads() + group * perGroup;
                int i = first;
                for (; h.valueWidth() == 2 * LANES && i + 1 < first + perGroup; i += 2) {
                    FlashDecodingLoops.weightedSumOfTwoHeads(
                            scores,
                            i * ROW + k,
                            ROW,
                            own,
                            values.address(),
                            4 * values.rowStride(),
                            partial,
                            place(i) + 2,
                            place(i + 1) + 2);
                }
                for (; i < first + perGroup; i++) {
                    FlashDecodingLoops.weightedSum(
                            scores, i * ROW + k, own, values, h.valueWidth(), partial, place(i) + 2);
                }
            }
        }
    }

    /** Joins the parts of one query, maximum, sum and weighted values of each, and the score of its sink. */
    private static void mergeSplits(
            float[] partial,
            int from,
            int parts,
            int record,
            int width,
            long y,
            long sums,
            float sink,
            float[] total,
            float[] factors) {
        float max = sink;
        for (int p = 0; p < parts; p++) {
            max = Math.max(max, partial[from + p * record]);
        }
        double sum = Math.exp(sink - max); // 0 without a sink
        for (int p = 0; p < parts; p++) {
            factors[p] = (float) Math.exp(partial[from + p * record] - max);
            sum += factors[p] * partial[from + p * record + 1];
        }
        Arrays.fill(total, 0, width, 0);
        for (int p = 0; p < parts; p++) {
            add(partial, from + p * record + 2, factors[p], total, width);
        }
        for (int n = 0; n < width; n++) {
            NativeMemory.set(y + 4L * n, (float) (total[n] / sum));
        }
        NativeMemory.set(sums, (float) (max + Math.log(sum)));
    }

    private static void add(float[] from, int at, float factor, float[] to, int n) {
        int whole = F.loopBound(n);
        FloatVector f = FloatVector.broadcast(F, factor);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector.fromArray(F, from, at + i)
                    .fma(f, FloatVector.fromArray(F, to, i))
                    .intoArray(to, i);
        }
        for (int i = whole; i < n; i++) {
            to[i] = Math.fma(from[at + i], factor, to[i]);
        }
    }
}
