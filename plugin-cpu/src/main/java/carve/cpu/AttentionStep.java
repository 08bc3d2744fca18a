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
    private static final int PART = 2048;
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
            int group = task / parts % h.groups();
            int part = task % parts;
            int perGroup = h.heads() / h.groups();
            for (int t = 0; t < queries; t++) {
                for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                    long row = span.query() + t;
                    int to = (int) ((row * h.heads() + head) * parts + part) * record;
                    part(h, span, data, t, head, part * PART, partial, to, scratch);
                }
            }
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

    private static void part(
            Attention.Heads h,
            Attention.Span span,
            Attention.Data data,
            int t,
            int head,
            int first,
            float[] partial,
            int to,
            Scratch scratch) {
        int keys = Math.min(PART, Attention.seen(h, span, t, first));
        partial[to] = Float.NEGATIVE_INFINITY;
        if (keys <= 0) {
            return;
        }
        float[] scores = scratch.floats(SCORES, PART + LANES);
        int group = h.group(head);
        long q = data.query(h, span.query() + t, head);
        long k = data.key(h, span.key() + first, group);
        for (int i = 0; i < keys; i++) {
            scores[i] = dot(q, k + 4L * i * h.groups() * h.keyWidth(), h.keyWidth());
        }
        float max = Attention.max(scores, 0, keys) * h.scale();
        partial[to] = max;
        partial[to + 1] = Attention.exponentials(scores, 0, keys, keys, h.scale(), max);
        long v = data.value(h, span.key() + first, group);
        for (int n = 0; n < h.valueWidth(); n += 4 * LANES) {
            values(scores, keys, v + 4L * n, 4L * h.groups() * h.valueWidth(), h.valueWidth() - n, partial, to + 2 + n);
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
    private static void values(float[] weights, int keys, long v, long step, int width, float[] to, int at) {
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
            FloatVector w = FloatVector.broadcast(F, weights[i]);
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
