package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;

import carve.cpu.attention.FlashAttention.Gradients;
import carve.cpu.attention.FlashAttention.Heads;
import carve.cpu.attention.FlashAttention.SequenceSpan;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.simd.VectorMath;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The gradients of {@link FlashAttention}.
 *
 * <p>With P the weights, computed again from the logarithms of sums, and D the sum of dy y of each query: dv = P^T dy,
 * dS = P (dy v^T - D) scale, dq = dS k, dk = dS^T q; where scores are capped, dS is multiplied by the derivative of the cap. The
 * gradient of a sink is minus the sum of its weights times D. One task computes all that adds to the same keys.
 */
final class FlashAttentionBackward {
    private static final int QUERIES = 96;

    private final ThreadPool threadPool;

    FlashAttentionBackward(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** Adds the gradients of the operands to zeros. */
    void run(Heads h, List<SequenceSpan> spans, AttentionOperands data, Gradients gradients) {
        threadPool.parallelFor(spans.size() * h.kvHeads(), (task, scratchpad) -> {
            SequenceSpan sequenceSpan = spans.get(task / h.kvHeads());
            int group = task % h.kvHeads();
            for (int k = 0; k < sequenceSpan.keys(); k += FlashAttention.KEY_TILE) {
                int keys = Math.min(FlashAttention.KEY_TILE, sequenceSpan.keys() - k);
                try (var _ = scratchpad.frame()) {
                    Panels panels = Panels.allocate(h, keys, scratchpad);
                    new Tile(h, sequenceSpan, data, gradients, group, k, keys, panels, scratchpad).run();
                }
            }
        });
        if (gradients.dSinks() != 0) {
            threadPool.parallelFor(h.heads(), (head, scratchpad) -> sink(h, spans, data, gradients, head));
        }
    }

    private static void sink(Heads h, List<SequenceSpan> spans, AttentionOperands data, Gradients gradients, int head) {
        double gradient = 0;
        for (SequenceSpan span : spans) {
            for (long row = span.query(); row < span.query() + span.queries(); row++) {
                long y = data.result(h, row, head);
                double weight = Math.exp(data.sink(head) - NativeMemory.get(data.sum(h, row, head)));
                gradient -= weight * dot(y, gradients.dy() + y - data.y(), h.valueWidth());
            }
        }
        NativeMemory.set(gradients.dSinks() + 4L * head, (float) gradient);
    }

    private static float dot(long a, long b, int n) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            sum = load(a + 4L * i, m).fma(load(b + 4L * i, m), sum);
        }
        return LaneReduction.sum(sum);
    }

    /**
     * The packed keys and values of a tile.
     *
     * @param transposedKeys panels of the transpose of the keys
     * @param transposedValues panels of the transpose of the values
     * @param keys panels of the keys
     */
    private record Panels(float[] transposedKeys, float[] transposedValues, float[] keys) {
        static Panels allocate(Heads h, int keys, Scratchpad scratchpad) {
            return new Panels(
                    scratchpad.floats(MicroKernel.packedRightSize(h.keyWidth(), keys)),
                    scratchpad.floats(MicroKernel.packedRightSize(h.valueWidth(), keys)),
                    scratchpad.floats(MicroKernel.packedRightSize(keys, h.keyWidth())));
        }
    }

    /** One tile of keys of one group. */
    private record Tile(
            Heads h,
            SequenceSpan sequenceSpan,
            AttentionOperands data,
            Gradients gradients,
            int group,
            int first,
            int keys,
            Panels panels,
            Scratchpad scratchpad) {
        void run() {
            long keyStep = (long) h.kvHeads() * h.keyWidth();
            long valueStep = (long) h.kvHeads() * h.valueWidth();
            long key = data.key(h, sequenceSpan.key() + first, group);
            FlashAttention.packTransposed(
                    new DequantisedRows(key, keyStep), keys, h.keyWidth(), panels.transposedKeys, scratchpad);
            MicroKernel.panels(key, keyStep, keys, h.keyWidth(), panels.keys);
            DequantisedRows values = new DequantisedRows(data.value(h, sequenceSpan.key() + first, group), valueStep);
            FlashAttention.packTransposed(values, keys, h.valueWidth(), panels.transposedValues, scratchpad);
            int perGroup = h.heads() / h.kvHeads();
            // queries before the first that sees a key of the tile have nothing to add
            int start = h.causal() ? Math.max(0, first - sequenceSpan.offset()) : 0;
            for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                for (int q = start; q < sequenceSpan.queries() && hidden(q) < keys; q += QUERIES) {
                    try (var _ = scratchpad.frame()) {
                        queries(head, q, Math.min(QUERIES, sequenceSpan.queries() - q));
                    }
                }
            }
        }

        private int visible(int query) {
            return FlashAttention.visibleKeys(h, sequenceSpan, query, first);
        }

        private int hidden(int query) {
            return FlashAttention.hiddenKeys(h, sequenceSpan, query, first);
        }

        private float[] packedRight(int depth, int columns) {
            return scratchpad.floats(MicroKernel.packedRightSize(depth, columns));
        }

        private void queries(int head, int from, int count) {
            long query = data.query(h, sequenceSpan.query() + from, head);
            long queryStep = (long) h.heads() * h.keyWidth();
            long resultStep = (long) h.heads() * h.valueWidth();
            long dy = gradients.dy() + data.result(h, sequenceSpan.query() + from, head) - data.y();
            float[] queries = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
            float[] results = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
            float[] weights = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
            float[] scores = scratchpad.floats(MicroKernel.packedLeftSize(QUERIES));
            float[] tile = scratchpad.floats(MicroKernel.MR * MicroKernel.NR);
            MicroKernel.packLeft(query, queryStep, count, h.keyWidth(), queries);
            MicroKernel.packLeft(dy, resultStep, count, h.valueWidth(), results);
            int columns = Math.min(keys, visible(from + count - 1));
            int begin = hidden(from) / MicroKernel.NR * MicroKernel.NR;
            for (int r = 0; r < count; r += MicroKernel.MR) {
                weigh(
                        head,
                        from,
                        r,
                        Math.min(MicroKernel.MR, count - r),
                        begin,
                        columns,
                        queries,
                        results,
                        weights,
                        scores,
                        tile,
                        query + 4 * r * queryStep + gradients.dq() - data.q());
            }
            float[] resultPanels = packedRight(count, h.valueWidth());
            MicroKernel.panels(dy, resultStep, count, h.valueWidth(), resultPanels);
            MicroKernel.multiply(
                    weights,
                    begin,
                    true,
                    resultPanels,
                    0,
                    columns - begin,
                    count,
                    h.valueWidth(),
                    gradients.dv() + data.value(h, sequenceSpan.key() + first + begin, group) - data.v(),
                    (long) h.kvHeads() * h.valueWidth(),
                    true,
                    tile);
            float[] queryPanels = packedRight(count, h.keyWidth());
            MicroKernel.panels(query, queryStep, count, h.keyWidth(), queryPanels);
            MicroKernel.multiply(
                    scores,
                    begin,
                    true,
                    queryPanels,
                    0,
                    columns - begin,
                    count,
                    h.keyWidth(),
                    gradients.dk() + data.key(h, sequenceSpan.key() + first + begin, group) - data.k(),
                    (long) h.kvHeads() * h.keyWidth(),
                    true,
                    tile);
        }

        /**
         * Computes weights and the gradients of scores of the keys from {@code begin} on for up to twelve queries, and adds to the
         * gradient of these.
         */
        private void weigh(
                int head,
                int from,
                int r,
                int rows,
                int begin,
                int columns,
                float[] queries,
                float[] results,
                float[] weights,
                float[] scores,
                float[] tile,
                long dq) {
            int seen = Math.min(columns, visible(from + r + rows - 1));
            int start = Math.min(keys, hidden(from + r)) / MicroKernel.NR * MicroKernel.NR;
            int at = r * MicroKernel.LEFT_STRIDE;
            MicroKernel.multiply(
                    queries,
                    at,
                    false,
                    panels.transposedKeys,
                    rows,
                    h.keyWidth(),
                    start,
                    seen,
                    weights,
                    at,
                    MicroKernel.LEFT_STRIDE);
            MicroKernel.multiply(
                    results,
                    at,
                    false,
                    panels.transposedValues,
                    rows,
                    h.valueWidth(),
                    start,
                    seen,
                    scores,
                    at,
                    MicroKernel.LEFT_STRIDE);
            for (int i = 0; i < rows; i++) {
                scoreGradients(
                        head, from + r + i, weights, scores, at + i * MicroKernel.LEFT_STRIDE, begin, seen, columns);
            }
            multiplyKeys(scores, at, rows, start, seen, dq, tile);
        }

        /** Turns the products of a query into weights, and the gradients of weights into those of products; 0 for keys not seen. */
        private void scoreGradients(
                int head, int query, float[] weights, float[] scores, int at, int begin, int seen, int columns) {
            int end = Math.max(begin, Math.min(seen, visible(query)));
            int hidden = Math.clamp(hidden(query), begin, columns);
            float inner = inner(head, query, scores, at, hidden, end);
            Arrays.fill(weights, at + begin, at + hidden, Float.NEGATIVE_INFINITY);
            Arrays.fill(scores, at + begin, at + hidden, 0);
            float logSumExp = NativeMemory.get(data.sum(h, sequenceSpan.query() + query, head));
            int own = end - begin;
            if (h.softCap() == 0) {
                gradients(weights, scores, at + begin, own, columns - begin, h.scale(), logSumExp, inner);
                return;
            }
            try (var _ = scratchpad.frame()) {
                float[] capped = scratchpad.floats(MicroKernel.LEFT_STRIDE);
                h.cap(weights, at + hidden, end - hidden);
                Arrays.fill(capped, 0);
                System.arraycopy(weights, at + hidden, capped, hidden - begin, Math.max(0, end - hidden));
                gradients(weights, scores, at + begin, own, columns - begin, 1, logSumExp, inner);
                SoftmaxRows.uncap(scores, capped, at + begin, own, h.scale(), h.softCap());
            }
        }

        /** Returns the product of a query's result and its gradient. */
        private float inner(int head, int query, float[] scores, int at, int hidden, int end) {
            int seen = FlashAttention.visibleKeys(h, sequenceSpan, query, 0)
                    - FlashAttention.hiddenKeys(h, sequenceSpan, query, 0);
            if (seen == 1 && data.sinks() == 0) { // the weight of an only key is 1, whatever its score
                return hidden < end ? scores[at + hidden] : 0;
            }
            long y = data.result(h, sequenceSpan.query() + query, head);
            return dot(y, gradients.dy() + y - data.y(), h.valueWidth());
        }

        private void multiplyKeys(float[] scores, int at, int rows, int begin, int end, long dq, float[] tile) {
            if (end <= begin) {
                return;
            }
            long rowStride = (long) h.heads() * h.keyWidth();
            for (int r = 0; r < rows; ) {
                int taken = rows - r > 8 ? MicroKernel.MR : 4;
                int panel = begin * MicroKernel.NR;
                for (int n = 0; n < h.keyWidth(); n += MicroKernel.NR, panel += keys * MicroKernel.NR) {
                    MicroKernel.run(
                            taken,
                            scores,
                            at + r * MicroKernel.LEFT_STRIDE + begin,
                            false,
                            panels.keys,
                            panel,
                            end - begin,
                            tile,
                            0,
                            MicroKernel.NR);
                    MicroKernel.storeTile(
                            tile,
                            MicroKernel.NR,
                            Math.min(taken, rows - r),
                            Math.min(MicroKernel.NR, h.keyWidth() - n),
                            dq + 4 * (r * rowStride + n),
                            rowStride,
                            true);
                }
                r += taken;
            }
        }

        private static void gradients(
                float[] weights, float[] scores, int at, int own, int columns, float scale, float sum, float inner) {
            for (int i = 0; i < columns; i += LANES) {
                VectorMask<Float> m = NativeMemory.firstLanes(Math.max(0, own - i));
                FloatVector p = VectorMath.exp(
                        FloatVector.fromArray(F, weights, at + i, m).mul(scale).sub(sum));
                p = FloatVector.zero(F).blend(p, m);
                p.intoArray(weights, at + i); // the array holds a whole vector
                p.mul(FloatVector.fromArray(F, scores, at + i, m).sub(inner))
                        .mul(scale)
                        .intoArray(scores, at + i);
            }
        }
    }
}
