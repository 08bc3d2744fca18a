package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.DType;
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
final class Attention {
    /** The keys of a tile. */
    static final int KEYS = Tiles.DEPTH;

    private static final int QUERIES = 192;
    private static final int BLOCK = 5;
    private static final int KEY_PANELS = 6;
    private static final int VALUE_PANELS = 7;
    private static final int SCORES = 8;
    private static final int OUTPUT = 9;
    private static final int STEP = 10;
    private static final int RUNNING = 11;
    private static final int TURNED = 15;
    private static final int ROOM = 16;
    private static final int SUMS = 17;
    private static final int SUMMED = 16; // rows of a step, and as many as are quick to sum

    private final Workers workers;

    Attention(Workers workers) {
        this.workers = workers;
    }

    /**
     * What heads there are.
     *
     * @param heads of queries
     * @param groups heads of keys and values
     * @param keyWidth elements of a query and of a key
     * @param valueWidth elements of a value
     * @param scale of scores
     * @param causal whether later keys are hidden
     * @param stored the storage type of keys and values
     */
    record Heads(int heads, int groups, int keyWidth, int valueWidth, float scale, boolean causal, DType stored) {
        int group(int head) {
            return head / (heads / groups);
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
    record Span(long query, int queries, int rows, long key, int keys, int offset) {}

    /** Where the operands, the result and the logarithms of sums are. */
    record Data(long q, long k, long v, long y, long sums) {
        long query(Heads h, long row, int head) {
            return q + 4 * (row * h.heads + head) * h.keyWidth;
        }

        long key(Heads h, long row, int group) {
            return k + h.stored.bytes((row * h.groups + group) * h.keyWidth);
        }

        long value(Heads h, long row, int group) {
            return v + h.stored.bytes((row * h.groups + group) * h.valueWidth);
        }

        long result(Heads h, long row, int head) {
            return y + 4 * (row * h.heads + head) * h.valueWidth;
        }

        long sum(Heads h, long row, int head) {
            return sums + 4 * (row * h.heads + head);
        }
    }

    /** Where the gradients of the result and of the operands are. */
    record Slopes(long dy, long dq, long dk, long dv) {}

    /** Returns how many of the keys from {@code first} on a query sees. */
    static int seen(Heads h, Span span, int query, int first) {
        int all = span.keys - first;
        return h.causal ? Math.min(all, query + span.offset() + 1 - first) : all;
    }

    /** Writes results and logarithms of sums. */
    void forward(Heads h, List<Span> spans, Data data) {
        int longest = spans.stream().mapToInt(Span::rows).max().orElse(0);
        int tiles = (longest + QUERIES - 1) / QUERIES;
        workers.run(spans.size() * h.heads * tiles, (task, scratch) -> {
            Span span = spans.get(task / (h.heads * tiles));
            int head = task / tiles % h.heads;
            // the last tiles of a causal sequence see the most keys: they begin first
            int from = (tiles - 1 - task % tiles) * QUERIES;
            if (from < span.queries) {
                tile(h, span, data, head, from, Math.min(QUERIES, span.queries - from), scratch);
            }
            for (int t = Math.max(from, span.queries); t < Math.min(span.rows, from + QUERIES); t++) {
                Maps.fill(data.result(h, span.query + t, head), 0, h.valueWidth);
                Memory.set(data.sum(h, span.query + t, head), 0);
            }
        });
    }

    private static void tile(Heads h, Span span, Data data, int head, int from, int queries, Scratch scratch) {
        int group = h.group(head);
        int outputs = Tiles.panels(h.valueWidth) * Tiles.PANEL;
        float[] block = scratch.floats(BLOCK, Tiles.blockSize(QUERIES));
        float[] output = scratch.floats(OUTPUT, (QUERIES + Tiles.ROWS) * outputs);
        float[] running = scratch.floats(RUNNING, 2 * (QUERIES + Tiles.ROWS));
        Arrays.fill(output, 0, queries * outputs, 0);
        Arrays.fill(running, 0, queries, Float.NEGATIVE_INFINITY);
        Arrays.fill(running, QUERIES, QUERIES + queries, 0);
        Tiles.block(data.query(h, span.query + from, head), (long) h.heads * h.keyWidth, queries, h.keyWidth, block);
        int visible = seen(h, span, from + queries - 1, 0);
        for (int k = 0; k < visible; k += KEYS) {
            int keys = Math.min(KEYS, visible - k);
            float[] keyPanels = scratch.floats(KEY_PANELS, Tiles.panelsSize(h.keyWidth, keys));
            float[] valuePanels = scratch.floats(VALUE_PANELS, Tiles.panelsSize(keys, h.valueWidth));
            columns(keys(h, data, span.key + k, group, keys, scratch), keys, h.keyWidth, keyPanels, scratch);
            WideRows values = values(h, data, span.key + k, group, keys, scratch);
            Tiles.panels(values.at(), values.distance(), keys, h.valueWidth, valuePanels);
            for (int r = 0; r < queries; r += Tiles.ROWS) {
                step(
                        h,
                        span,
                        from,
                        r,
                        Math.min(Tiles.ROWS, queries - r),
                        k,
                        keys,
                        block,
                        keyPanels,
                        valuePanels,
                        output,
                        outputs,
                        running,
                        scratch);
            }
        }
        finish(h, span, data, head, from, queries, output, outputs, running);
    }

    /** Returns keys as F32, until the next call. */
    static WideRows keys(Heads h, Data data, long row, int group, int count, Scratch scratch) {
        long room = scratch.room(WideRows.roomBytes(h.stored, count, h.keyWidth));
        long distance = (long) h.groups * h.keyWidth;
        return WideRows.of(h.stored, data.key(h, row, group), distance, count, h.keyWidth, room);
    }

    /** Returns values as F32, until the next call. */
    static WideRows values(Heads h, Data data, long row, int group, int count, Scratch scratch) {
        long room = scratch.room(WideRows.roomBytes(h.stored, count, h.valueWidth));
        long distance = (long) h.groups * h.valueWidth;
        return WideRows.of(h.stored, data.value(h, row, group), distance, count, h.valueWidth, room);
    }

    /** Makes panels of the transpose of rows; columns beyond the end are arbitrary. */
    static void columns(WideRows rows, int count, int width, float[] to, Scratch scratch) {
        float[] block = scratch.floats(TURNED, Tiles.blockSize(Tiles.PANEL));
        float[] room = scratch.floats(ROOM, Turn.roomSize());
        for (int n = 0; n < count; n += Tiles.PANEL) {
            int some = Math.min(Tiles.PANEL, count - n);
            Tiles.block(rows.at() + 4 * n * rows.distance(), rows.distance(), some, width, block);
            Turn.panels(block, 0, Tiles.STRIDE, some, width, to, n * width, width, room);
        }
    }

    /** Takes one tile of keys into account for up to twelve queries. */
    private static void step(
            Heads h,
            Span span,
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
            Scratch scratch) {
        int columns = Math.min(keys, seen(h, span, from + r + rows - 1, k));
        if (columns <= 0) {
            return;
        }
        float[] scores = scratch.floats(SCORES, Tiles.blockSize(Tiles.ROWS));
        float[] part = k == 0 ? output : scratch.floats(STEP, Tiles.ROWS * outputs);
        float[] sums = scratch.floats(SUMS, SUMMED * LANES);
        Tiles.multiply(block, r * Tiles.STRIDE, false, keyPanels, rows, h.keyWidth, columns, scores, 0, Tiles.STRIDE);
        for (int i = 0; i < rows; i++) {
            int own = Math.min(columns, seen(h, span, from + r + i, k));
            float before = running[r + i];
            float max = Math.max(before, own <= 0 ? before : max(scores, i * Tiles.STRIDE, own) * h.scale);
            exponentials(scores, i * Tiles.STRIDE, Math.max(0, own), columns, h.scale, max, sums, i * LANES);
            float correction = before == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(before - max);
            running[r + i] = max;
            running[QUERIES + r + i] *= correction;
            if (k > 0 && correction != 1) {
                scale(output, (r + i) * outputs, outputs, correction);
            }
        }
        Lanes.sums(sums, SUMMED);
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
            int distance) {
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? Tiles.ROWS : 4;
            for (int n = 0, panel = 0; n < width; n += Tiles.PANEL, panel += keys * Tiles.PANEL) {
                Tiles.step(
                        taken,
                        scores,
                        r * Tiles.STRIDE,
                        false,
                        panels,
                        panel,
                        columns,
                        to,
                        at + r * distance + n,
                        distance);
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
            VectorMask<Float> rest = Memory.first(n - i);
            max = max.lanewise(VectorOperators.MAX, FloatVector.fromArray(F, x, at + i, rest), rest);
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** Replaces the first {@code own} scores by exp(scale x - max) and the rest by 0, and writes the sum, lane by lane. */
    static void exponentials(float[] x, int at, int own, int columns, float scale, float max, float[] sums, int to) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i < own; i += LANES) { // there is room for a whole vector, and but one exponential, see VectorMath
            FloatVector e = VectorMath.exp(
                    FloatVector.fromArray(F, x, at + i).mul(scale).sub(max));
            e = FloatVector.zero(F).blend(e, Memory.first(own - i));
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
            Memory.store(to + 4L * i, FloatVector.fromArray(F, x, at + i).mul(factor));
        }
        if (whole < n) { // there is room for a whole vector
            Memory.store(
                    to + 4L * whole, FloatVector.fromArray(F, x, at + whole).mul(factor), Memory.first(n - whole));
        }
    }

    private static void finish(
            Heads h,
            Span span,
            Data data,
            int head,
            int from,
            int queries,
            float[] output,
            int outputs,
            float[] running) {
        for (int i = 0; i < queries; i++) {
            float sum = running[QUERIES + i];
            write(output, i * outputs, h.valueWidth, 1 / sum, data.result(h, span.query + from + i, head));
            Memory.set(data.sum(h, span.query + from + i, head), running[i] + (float) Math.log(sum));
        }
    }
}
