package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;

import carve.cpu.Attention.Data;
import carve.cpu.Attention.Heads;
import carve.cpu.Attention.Slopes;
import carve.cpu.Attention.Span;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The gradients of {@link Attention}.
 *
 * <p>With P the weights, computed again from the logarithms of sums, and D the sum of dy y of each query: dv = P^T dy,
 * dS = P (dy v^T - D) scale, dq = dS k, dk = dS^T q. One task computes all that adds to the same keys.
 */
final class AttentionBackward {
    private static final int QUERIES = 96;
    private static final int BLOCK = 5;
    private static final int KEYS_TRANSPOSED = 6;
    private static final int VALUES_TRANSPOSED = 7;
    private static final int KEYS = 8;
    private static final int WEIGHTS = 9;
    private static final int SLOPES = 10;
    private static final int QUERY_PANELS = 11;
    private static final int RESULT_PANELS = 12;
    private static final int RESULTS = 13;
    private static final int TILE = 14;

    private final Workers workers;

    AttentionBackward(Workers workers) {
        this.workers = workers;
    }

    /** Adds the gradients of the operands to zeros. */
    void run(Heads h, List<Span> spans, Data data, Slopes slopes) {
        workers.run(spans.size() * h.groups(), (task, scratch) -> {
            Span span = spans.get(task / h.groups());
            int group = task % h.groups();
            for (int k = 0; k < span.keys(); k += Attention.KEYS) {
                new Tile(h, span, data, slopes, group, k, Math.min(Attention.KEYS, span.keys() - k), scratch).run();
            }
        });
    }

    /** One tile of keys of one group. */
    private record Tile(Heads h, Span span, Data data, Slopes slopes, int group, int first, int keys, Scratch scratch) {
        void run() {
            long keyStep = (long) h.groups() * h.keyWidth();
            long valueStep = (long) h.groups() * h.valueWidth();
            long key = data.key(h, span.key() + first, group);
            float[] keyColumns = floats(KEYS_TRANSPOSED, h.keyWidth(), keys);
            Attention.columns(new WideRows(key, keyStep), keys, h.keyWidth(), keyColumns, scratch);
            Tiles.panels(key, keyStep, keys, h.keyWidth(), floats(KEYS, keys, h.keyWidth()));
            float[] valueColumns = floats(VALUES_TRANSPOSED, h.valueWidth(), keys);
            WideRows values = new WideRows(data.value(h, span.key() + first, group), valueStep);
            Attention.columns(values, keys, h.valueWidth(), valueColumns, scratch);
            int perGroup = h.heads() / h.groups();
            // queries before the first that sees a key of the tile have nothing to add
            int start = h.causal() ? Math.max(0, first - span.offset()) : 0;
            for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                for (int q = start; q < span.queries(); q += QUERIES) {
                    queries(head, q, Math.min(QUERIES, span.queries() - q));
                }
            }
        }

        private float[] floats(int slot, int depth, int columns) {
            return scratch.floats(slot, Tiles.panelsSize(depth, columns));
        }

        private void queries(int head, int from, int count) {
            long query = data.query(h, span.query() + from, head);
            long queryStep = (long) h.heads() * h.keyWidth();
            long resultStep = (long) h.heads() * h.valueWidth();
            long dy = slopes.dy() + data.result(h, span.query() + from, head) - data.y();
            float[] queries = scratch.floats(BLOCK, Tiles.blockSize(QUERIES));
            float[] results = scratch.floats(RESULTS, Tiles.blockSize(QUERIES));
            float[] weights = scratch.floats(WEIGHTS, Tiles.blockSize(QUERIES));
            float[] scores = scratch.floats(SLOPES, Tiles.blockSize(QUERIES));
            float[] tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
            Tiles.block(query, queryStep, count, h.keyWidth(), queries);
            Tiles.block(dy, resultStep, count, h.valueWidth(), results);
            int columns = Math.min(keys, Attention.seen(h, span, from + count - 1, first));
            for (int r = 0; r < count; r += Tiles.ROWS) {
                weigh(
                        head,
                        from,
                        r,
                        Math.min(Tiles.ROWS, count - r),
                        columns,
                        queries,
                        results,
                        weights,
                        scores,
                        tile,
                        query + 4 * r * queryStep + slopes.dq() - data.q());
            }
            float[] panels = floats(RESULT_PANELS, count, h.valueWidth());
            Tiles.panels(dy, resultStep, count, h.valueWidth(), panels);
            Tiles.multiply(
                    weights,
                    0,
                    true,
                    panels,
                    0,
                    columns,
                    count,
                    h.valueWidth(),
                    slopes.dv() + data.value(h, span.key() + first, group) - data.v(),
                    (long) h.groups() * h.valueWidth(),
                    true,
                    tile);
            panels = floats(QUERY_PANELS, count, h.keyWidth());
            Tiles.panels(query, queryStep, count, h.keyWidth(), panels);
            Tiles.multiply(
                    scores,
                    0,
                    true,
                    panels,
                    0,
                    columns,
                    count,
                    h.keyWidth(),
                    slopes.dk() + data.key(h, span.key() + first, group) - data.k(),
                    (long) h.groups() * h.keyWidth(),
                    true,
                    tile);
        }

        /** Computes weights and the gradients of scores for up to twelve queries, and adds to the gradient of these. */
        private void weigh(
                int head,
                int from,
                int r,
                int rows,
                int columns,
                float[] queries,
                float[] results,
                float[] weights,
                float[] scores,
                float[] tile,
                long dq) {
            int seen = Math.min(columns, Attention.seen(h, span, from + r + rows - 1, first));
            int at = r * Tiles.STRIDE;
            Tiles.multiply(
                    queries,
                    at,
                    false,
                    scratch.floats(KEYS_TRANSPOSED, 0),
                    rows,
                    h.keyWidth(),
                    seen,
                    weights,
                    at,
                    Tiles.STRIDE);
            Tiles.multiply(
                    results,
                    at,
                    false,
                    scratch.floats(VALUES_TRANSPOSED, 0),
                    rows,
                    h.valueWidth(),
                    seen,
                    scores,
                    at,
                    Tiles.STRIDE);
            for (int i = 0; i < rows; i++) {
                long row = span.query() + from + r + i;
                int own = Math.max(0, Math.min(seen, Attention.seen(h, span, from + r + i, first)));
                long y = data.result(h, row, head);
                float inner = Attention.seen(h, span, from + r + i, 0) == 1
                        ? scores[at + i * Tiles.STRIDE] // the weight of an only key is 1, whatever its score
                        : dot(y, slopes.dy() + y - data.y(), h.valueWidth());
                slopes(
                        weights,
                        scores,
                        at + i * Tiles.STRIDE,
                        own,
                        columns,
                        h.scale(),
                        Memory.get(data.sum(h, row, head)),
                        inner);
            }
            multiplyKeys(scores, at, scratch.floats(KEYS, 0), rows, seen, dq, tile);
        }

        private void multiplyKeys(float[] scores, int at, float[] panels, int rows, int depth, long dq, float[] tile) {
            long distance = (long) h.heads() * h.keyWidth();
            for (int r = 0; r < rows; ) {
                int taken = rows - r > 8 ? Tiles.ROWS : 4;
                for (int n = 0, panel = 0; n < h.keyWidth(); n += Tiles.PANEL, panel += keys * Tiles.PANEL) {
                    Tiles.step(taken, scores, at + r * Tiles.STRIDE, false, panels, panel, depth, tile, 0, Tiles.PANEL);
                    Tiles.store(
                            tile,
                            Tiles.PANEL,
                            Math.min(taken, rows - r),
                            Math.min(Tiles.PANEL, h.keyWidth() - n),
                            dq + 4 * (r * distance + n),
                            distance,
                            true);
                }
                r += taken;
            }
        }

        /** Turns scores into weights, and the gradients of weights into those of scores; 0 for keys not seen. */
        private static void slopes(
                float[] weights, float[] scores, int at, int own, int columns, float scale, float sum, float inner) {
            for (int i = 0; i < columns; i += LANES) {
                VectorMask<Float> m = Memory.first(Math.max(0, own - i));
                FloatVector p = VectorMath.exp(
                        FloatVector.fromArray(F, weights, at + i, m).mul(scale).sub(sum));
                p = FloatVector.zero(F).blend(p, m);
                p.intoArray(weights, at + i); // there is room for a whole vector
                p.mul(FloatVector.fromArray(F, scores, at + i, m).sub(inner))
                        .mul(scale)
                        .intoArray(scores, at + i);
            }
        }

        private static float dot(long a, long b, int n) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < n; i += LANES) {
                VectorMask<Float> m = Memory.first(n - i);
                sum = load(a + 4L * i, m).fma(load(b + 4L * i, m), sum);
            }
            return Lanes.sum(sum);
        }
    }
}
