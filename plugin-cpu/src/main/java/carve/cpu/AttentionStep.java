package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Attention of few queries to many keys, as in decoding: keys and values are read once, where they lie.
 *
 * <p>Many keys are divided into parts, whatever the number of threads, and the parts joined by their maxima and sums.
 */
final class AttentionStep {
    private static final int PART = 512;
    private static final int ROW = PART + LANES;
    private static final long SMALL = 128 * 1024;
    private static final int SCORES = 8;

    private final Workers workers;

    AttentionStep(Workers workers) {
        this.workers = workers;
    }

    /** Writes results and logarithms of sums. */
    void run(Attention.Heads h, List<Attention.Span> spans, Attention.Data data) {
        int parts = Math.max(1, (spans.getFirst().keys() + PART - 1) / PART);
        int queries = spans.getFirst().queries();
        int record = h.valueWidth() + 2;
        float[] partial = new float[spans.size() * queries * h.heads() * parts * record];
        long work =
                (long) spans.size() * queries * h.heads() * spans.getFirst().keys() * (h.keyWidth() + h.valueWidth());
        workers.run(work <= SMALL, spans.size() * h.groups() * parts, (task, scratch) -> {
            Attention.Span span = spans.get(task / (h.groups() * parts));
            new Part(h, span, data, task / parts % h.groups(), task % parts, parts, partial, record, scratch).run();
        });
        for (int i = 0; i < spans.size() * queries * h.heads(); i++) {
            join(
                    partial,
                    i * parts * record,
                    parts,
                    record,
                    h.valueWidth(),
                    data.y() + 4L * i * h.valueWidth(),
                    data.sums() + 4L * i);
        }
    }

    /** One part of the keys of one group, for all queries of its heads. */
    private record Part(
            Attention.Heads h,
            Attention.Span span,
            Attention.Data data,
            int group,
            int part,
            int parts,
            float[] partial,
            int record,
            Scratch scratch) {
        void run() {
            int perGroup = h.heads() / h.groups();
            int most = Math.min(PART, Attention.seen(h, span, span.queries() - 1, first()));
            if (most <= 0) {
                for (int i = 0; i < span.queries() * perGroup; i++) {
                    partial[place(i, perGroup)] = Float.NEGATIVE_INFINITY;
                }
                return;
            }
            float[] scores = scratch.floats(SCORES, span.queries() * perGroup * ROW);
            WideRows keys = Attention.keys(h, data, span.key() + first(), group, most, scratch);
            for (int i = 0; i < span.queries() * perGroup; i++) {
                weigh(i, perGroup, keys, scores);
            }
            WideRows values = Attention.values(h, data, span.key() + first(), group, most, scratch);
            for (int i = 0; i < span.queries() * perGroup; i++) {
                mean(seen(i / perGroup), values, scores, i * ROW, place(i, perGroup));
            }
        }

        private int first() {
            return part * PART;
        }

        private int seen(int query) {
            return Math.min(PART, Attention.seen(h, span, query, first()));
        }

        /** Returns where the maximum, the sum and the values of a query and head of the group are. */
        private int place(int i, int perGroup) {
            long row = span.query() + i / perGroup;
            int head = group * perGroup + i % perGroup;
            return (int) ((row * h.heads() + head) * parts + part) * record;
        }

        private void weigh(int i, int perGroup, WideRows keys, float[] scores) {
            int to = place(i, perGroup);
            int count = seen(i / perGroup);
            partial[to] = Float.NEGATIVE_INFINITY;
            if (count <= 0) {
                return;
            }
            long q = data.query(h, span.query() + i / perGroup, group * perGroup + i % perGroup);
            int at = i * ROW;
            for (int j = 0; j < count; j++) {
                scores[at + j] = dot(q, keys.at() + 4L * j * keys.distance(), h.keyWidth());
            }
            float max = Attention.max(scores, at, count) * h.scale();
            partial[to] = max;
            partial[to + 1] = Attention.exponentials(scores, at, count, count, h.scale(), max);
        }

        private void mean(int count, WideRows values, float[] scores, int at, int to) {
            for (int n = 0; count > 0 && n < h.valueWidth(); n += 4 * LANES) {
                values(
                        scores,
                        at,
                        count,
                        values.at() + 4L * n,
                        4 * values.distance(),
                        h.valueWidth() - n,
                        partial,
                        to + 2 + n);
            }
        }
    }

    private static float dot(long a, long b, int n) {
        FloatVector x = FloatVector.zero(F);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            x = load(a + 4L * i).fma(load(b + 4L * i), x);
            y = load(a + 4L * (i + LANES)).fma(load(b + 4L * (i + LANES)), y);
        }
        for (; i < n; i += LANES) {
            VectorMask<Float> m = Memory.first(n - i);
            x = load(a + 4L * i, m).fma(load(b + 4L * i, m), x);
        }
        return Lanes.sum(x.add(y));
    }

    /** Writes the sum of up to four vectors of each value, weighted. */
    private static void values(float[] weights, int from, int keys, long v, long step, int width, float[] to, int at) {
        VectorMask<Float> ma = Memory.first(width);
        VectorMask<Float> mb = Memory.first(Math.max(0, width - LANES));
        VectorMask<Float> mc = Memory.first(Math.max(0, width - 2 * LANES));
        VectorMask<Float> md = Memory.first(Math.max(0, width - 3 * LANES));
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < keys; i++) {
            long row = v + i * step;
            FloatVector w = FloatVector.broadcast(F, weights[from + i]);
            a = w.fma(load(row, ma), a);
            b = w.fma(load(row + 4L * LANES, mb), b);
            c = w.fma(load(row + 8L * LANES, mc), c);
            d = w.fma(load(row + 12L * LANES, md), d);
        }
        a.intoArray(to, at, ma);
        if (width > LANES) {
            b.intoArray(to, at + LANES, mb);
        }
        if (width > 2 * LANES) {
            c.intoArray(to, at + 2 * LANES, mc);
        }
        if (width > 3 * LANES) {
            d.intoArray(to, at + 3 * LANES, md);
        }
    }

    /** Joins the parts of one query: maximum, sum and weighted values of each. */
    private static void join(float[] partial, int from, int parts, int record, int width, long y, long sums) {
        float max = Float.NEGATIVE_INFINITY;
        for (int p = 0; p < parts; p++) {
            max = Math.max(max, partial[from + p * record]);
        }
        double sum = 0;
        float[] factors = new float[parts];
        for (int p = 0; p < parts; p++) {
            factors[p] = (float) Math.exp(partial[from + p * record] - max);
            sum += factors[p] * partial[from + p * record + 1];
        }
        for (int n = 0; n < width; n++) {
            float value = 0;
            for (int p = 0; p < parts; p++) {
                value += factors[p] * partial[from + p * record + 2 + n];
            }
            Memory.set(y + 4L * n, (float) (value / sum));
        }
        Memory.set(sums, (float) (max + Math.log(sum)));
    }
}
