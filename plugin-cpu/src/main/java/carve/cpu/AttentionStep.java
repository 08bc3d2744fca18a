package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;

import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Attention of few queries to many keys, as in decoding: keys and values are read once, where they lie.
 *
 * <p>Many keys are divided into parts, whatever the number of threads, and the parts joined by their maxima and sums.
 */
final class AttentionStep {
    private static final int PART = 256;
    private static final int ROW = PART + LANES;
    private static final long SMALL = 128 * 1024;
    private static final int SIDE = 16;
    private static final int SIDE_BYTES = 64 * 1024;
    private static final int SCORES = 8;
    private static final int SUMS = 9;

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
        workers.run(work <= SMALL, spans.size() * parts, (task, scratch) -> {
            new Part(h, spans.get(task / parts), data, task % parts, parts, partial, record, scratch).run();
        });
        for (int i = 0; i < spans.size() * queries * h.heads(); i++) {
            join(
                    partial,
                    i * parts * record,
                    parts,
                    record,
                    h.valueWidth(),
                    data.y() + 4L * i * h.valueWidth(),
                    data.sums() + 4L * i,
                    workers.scratch().floats(SUMS, h.valueWidth()));
        }
    }

    /** Returns how many keys, or values, the heads take one after the other: as many as stay near the processor meanwhile. */
    private static int side(Attention.Heads h) {
        long row = (long) Float.BYTES * h.groups() * Math.max(h.keyWidth(), h.valueWidth());
        return Math.clamp(SIDE_BYTES / row / SIDE * SIDE, SIDE, PART);
    }

    /**
     * One part of the keys, for all queries and heads. The heads take some keys after the other, not all at once: those of
     * one position lie beside each other, and the processor expects to be asked for what comes next.
     */
    private record Part(
            Attention.Heads h,
            Attention.Span span,
            Attention.Data data,
            int part,
            int parts,
            float[] partial,
            int record,
            Scratch scratch) {
        void run() {
            int rows = span.queries() * h.heads();
            int most = seen(span.queries() - 1);
            float[] scores = scratch.floats(SCORES, rows * ROW);
            int side = side(h);
            for (int k = 0; k < most; k += side) {
                int count = Math.min(side, most - k);
                WideRows keys = wide(data.key(h, span.key() + first() + k, 0), count, h.keyWidth());
                for (int group = 0; group < h.groups(); group++) {
                    products(group, k, ofGroup(keys, group, h.keyWidth()), count, scores);
                }
            }
            for (int i = 0; i < rows; i++) {
                weigh(i, scores);
            }
            for (int k = 0; k < most; k += side) {
                int count = Math.min(side, most - k);
                WideRows values = wide(data.value(h, span.key() + first() + k, 0), count, h.valueWidth());
                for (int group = 0; group < h.groups(); group++) {
                    means(group, k, ofGroup(values, group, h.valueWidth()), count, scores);
                }
            }
        }

        /** Returns keys or values of all groups, which lie without gaps, as F32 until the next call. */
        private WideRows wide(long from, int count, int width) {
            int distance = h.groups() * width;
            long room = scratch.room(WideRows.roomBytes(h.stored(), count, distance));
            long all = (long) count * distance;
            return new WideRows(
                    WideRows.of(h.stored(), from, all, 1, (int) all, room).at(), distance);
        }

        private static WideRows ofGroup(WideRows all, int group, int width) {
            return new WideRows(all.at() + 4L * group * width, all.distance());
        }

        private int first() {
            return part * PART;
        }

        /** Returns how many keys of the part a query sees. */
        private int seen(int query) {
            return Math.max(0, Math.min(PART, Attention.seen(h, span, query, first())));
        }

        /** Returns where the maximum, the sum and the values of a query and head are; i counts both. */
        private int place(int i) {
            return (int) ((span.query() * h.heads() + i) * parts + part) * record;
        }

        /** Multiplies the queries of a group with some keys, those that nobody sees included. */
        private void products(int group, int k, WideRows keys, int count, float[] scores) {
            int perGroup = h.heads() / h.groups();
            float[] sums = scratch.floats(SUMS, (count + SIDE) * LANES);
            for (int t = 0; t < span.queries(); t++) {
                for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                    long q = data.query(h, span.query() + t, head);
                    dots(q, keys, count, h.keyWidth(), scores, (t * h.heads() + head) * ROW + k, sums);
                }
            }
        }

        private void weigh(int i, float[] scores) {
            int to = place(i);
            int count = seen(i / h.heads());
            partial[to] = Float.NEGATIVE_INFINITY;
            if (count > 0) {
                float max = Attention.max(scores, i * ROW, count) * h.scale();
                partial[to] = max;
                partial[to + 1] = Attention.exponentials(scores, i * ROW, count, count, h.scale(), max);
            }
        }

        /** Adds some values of a group, weighted. */
        private void means(int group, int k, WideRows values, int count, float[] scores) {
            int perGroup = h.heads() / h.groups();
            for (int t = 0; t < span.queries(); t++) {
                int own = Math.min(count, seen(t) - k);
                for (int head = group * perGroup; own > 0 && head < (group + 1) * perGroup; head++) {
                    int i = t * h.heads() + head;
                    mean(values, own, scores, i * ROW + k, place(i) + 2);
                }
            }
        }

        private void mean(WideRows values, int count, float[] weights, int at, int to) {
            long step = 4 * values.distance();
            for (int n = 0; n < h.valueWidth(); n += 4 * LANES) {
                long from = values.at() + 4L * n;
                int width = h.valueWidth() - n;
                if (width >= 4 * LANES) {
                    wholeValues(weights, at, count, from, step, partial, to + n);
                } else if (width == 2 * LANES) {
                    pairs(weights, at, count, from, step, partial, to + n);
                } else {
                    values(weights, at, count, from, step, width, partial, to + n);
                }
            }
        }
    }

    /** Writes the products of a query with some keys, side by side so that no sum waits for another. */
    private static void dots(long q, WideRows keys, int count, int width, float[] to, int at, float[] sums) {
        long step = 4 * keys.distance();
        for (int i = 0; i < count; i += 4) {
            long key = keys.at() + i * step;
            int last = count - i - 1; // the last key stands in for those beyond it
            long second = key + Math.min(1, last) * step;
            long third = key + Math.min(2, last) * step;
            four(q, key, second, third, key + Math.min(3, last) * step, width, sums, i * LANES);
        }
        Lanes.sums(sums, count);
        System.arraycopy(sums, 0, to, at, count);
    }

    /** Writes the products of a query with four keys, lane by lane. */
    private static void four(long q, long a, long b, long c, long d, int width, float[] to, int at) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        FloatVector u = s;
        FloatVector v = s;
        int whole = F.loopBound(width);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector value = load(q + 4L * i);
            s = load(a + 4L * i).fma(value, s);
            t = load(b + 4L * i).fma(value, t);
            u = load(c + 4L * i).fma(value, u);
            v = load(d + 4L * i).fma(value, v);
        }
        if (whole < width) {
            VectorMask<Float> m = Memory.first(width - whole);
            FloatVector value = load(q + 4L * whole, m);
            s = load(a + 4L * whole, m).fma(value, s);
            t = load(b + 4L * whole, m).fma(value, t);
            u = load(c + 4L * whole, m).fma(value, u);
            v = load(d + 4L * whole, m).fma(value, v);
        }
        s.intoArray(to, at);
        t.intoArray(to, at + LANES);
        u.intoArray(to, at + 2 * LANES);
        v.intoArray(to, at + 3 * LANES);
    }

    /** Adds four whole vectors of each value, weighted. */
    private static void wholeValues(float[] weights, int from, int keys, long v, long step, float[] to, int at) {
        FloatVector a = FloatVector.fromArray(F, to, at);
        FloatVector b = FloatVector.fromArray(F, to, at + LANES);
        FloatVector c = FloatVector.fromArray(F, to, at + 2 * LANES);
        FloatVector d = FloatVector.fromArray(F, to, at + 3 * LANES);
        long row = v;
        for (int i = 0; i < keys; i++, row += step) {
            FloatVector w = FloatVector.broadcast(F, weights[from + i]);
            a = load(row).fma(w, a);
            b = load(row + 4L * LANES).fma(w, b);
            c = load(row + 8L * LANES).fma(w, c);
            d = load(row + 12L * LANES).fma(w, d);
        }
        a.intoArray(to, at);
        b.intoArray(to, at + LANES);
        c.intoArray(to, at + 2 * LANES);
        d.intoArray(to, at + 3 * LANES);
    }

    /** Adds two whole vectors of each value, weighted; every other value has sums of its own. */
    private static void pairs(float[] weights, int from, int keys, long v, long step, float[] to, int at) {
        FloatVector a = FloatVector.fromArray(F, to, at);
        FloatVector b = FloatVector.fromArray(F, to, at + LANES);
        FloatVector c = FloatVector.zero(F);
        FloatVector d = c;
        int i = 0;
        for (long row = v; i + 1 < keys; i += 2, row += 2 * step) {
            FloatVector even = FloatVector.broadcast(F, weights[from + i]);
            FloatVector odd = FloatVector.broadcast(F, weights[from + i + 1]);
            a = load(row).fma(even, a);
            b = load(row + 4L * LANES).fma(even, b);
            c = load(row + step).fma(odd, c);
            d = load(row + step + 4L * LANES).fma(odd, d);
        }
        if (i < keys) {
            FloatVector last = FloatVector.broadcast(F, weights[from + i]);
            a = load(v + i * step).fma(last, a);
            b = load(v + i * step + 4L * LANES).fma(last, b);
        }
        a.add(c).intoArray(to, at);
        b.add(d).intoArray(to, at + LANES);
    }

    /** Adds up to four vectors of each value, weighted. */
    private static void values(float[] weights, int from, int keys, long v, long step, int width, float[] to, int at) {
        VectorMask<Float> ma = Memory.first(width);
        VectorMask<Float> mb = Memory.first(Math.max(0, width - LANES));
        VectorMask<Float> mc = Memory.first(Math.max(0, width - 2 * LANES));
        VectorMask<Float> md = Memory.first(Math.max(0, width - 3 * LANES));
        FloatVector a = FloatVector.fromArray(F, to, at, ma);
        FloatVector b = width > LANES ? FloatVector.fromArray(F, to, at + LANES, mb) : FloatVector.zero(F);
        FloatVector c = width > 2 * LANES ? FloatVector.fromArray(F, to, at + 2 * LANES, mc) : FloatVector.zero(F);
        FloatVector d = width > 3 * LANES ? FloatVector.fromArray(F, to, at + 3 * LANES, md) : FloatVector.zero(F);
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
    private static void join(
            float[] partial, int from, int parts, int record, int width, long y, long sums, float[] total) {
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
        Arrays.fill(total, 0, width, 0);
        for (int p = 0; p < parts; p++) {
            add(partial, from + p * record + 2, factors[p], total, width);
        }
        for (int n = 0; n < width; n++) {
            Memory.set(y + 4L * n, (float) (total[n] / sum));
        }
        Memory.set(sums, (float) (max + Math.log(sum)));
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
