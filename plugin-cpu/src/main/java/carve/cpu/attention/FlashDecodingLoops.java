package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;

import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The inner loops of {@link FlashDecoding}: products of queries with keys, and weighted sums of values. */
final class FlashDecodingLoops {
    /** The keys whose lane sums are stored next to each other for each query. */
    static final int KEY_BLOCK = 16;

    private FlashDecodingLoops() {}

    /** Reads memory line by line, and returns something of it. */
    static float prefetch(long from, long to) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        long i = from;
        for (; i < to - 192; i += 256) {
            a += NativeMemory.get(i);
            b += NativeMemory.get(i + 64);
            c += NativeMemory.get(i + 128);
            d += NativeMemory.get(i + 192);
        }
        for (; i < to; i += 64) {
            a += NativeMemory.get(i);
        }
        return a + b + c + d;
    }

    /**
     * The queries of a span, of all heads.
     *
     * @param at where the first is
     * @param count how many there are of a head
     * @param heads heads of queries
     * @param groups heads of keys
     * @param width elements of each
     */
    record Queries(long at, int count, int heads, int groups, int width) {
        /**
         * Writes the products with four keys, lane by lane; {@code last} counts the keys after the first, which the last stands in
         * for. Two heads of a group share what is loaded.
         */
        void dots(long key, long step, int last, float[] sums, int to) {
            long second = key + Math.min(1, last) * step;
            long third = key + Math.min(2, last) * step;
            long fourth = key + Math.min(3, last) * step;
            int perGroup = heads / groups;
            for (int group = 0; group < groups; group++) {
                long own = 4L * group * width;
                for (int t = 0; t < count; t++) {
                    int row = t * heads + group * perGroup;
                    int end = row + perGroup;
                    for (; width % LANES == 0 && row + 1 < end; row += 2) {
                        eight(
                                query(row),
                                key + own,
                                second + own,
                                third + own,
                                fourth + own,
                                width,
                                sums,
                                to + place(row));
                    }
                    for (; row < end; row++) {
                        four(
                                query(row),
                                key + own,
                                second + own,
                                third + own,
                                fourth + own,
                                width,
                                sums,
                                to + place(row));
                    }
                }
            }
        }

        private long query(int row) {
            return at + 4L * row * width;
        }

        private static int place(int row) {
            return row * KEY_BLOCK * LANES;
        }
    }

    /** Writes the products of two queries, one after the other, with four keys of whole vectors. */
    private static void eight(long q, long a, long b, long c, long d, int width, float[] to, int at) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        FloatVector u = s;
        FloatVector v = s;
        FloatVector w = s;
        FloatVector x = s;
        FloatVector y = s;
        FloatVector z = s;
        long other = q + 4L * width;
        for (long i = 0; i < 4L * width; i += 4L * LANES) {
            FloatVector one = load(q + i);
            FloatVector two = load(other + i);
            FloatVector key = load(a + i);
            s = key.fma(one, s);
            w = key.fma(two, w);
            key = load(b + i);
            t = key.fma(one, t);
            x = key.fma(two, x);
            key = load(c + i);
            u = key.fma(one, u);
            y = key.fma(two, y);
            key = load(d + i);
            v = key.fma(one, v);
            z = key.fma(two, z);
        }
        s.intoArray(to, at);
        t.intoArray(to, at + LANES);
        u.intoArray(to, at + 2 * LANES);
        v.intoArray(to, at + 3 * LANES);
        int next = at + KEY_BLOCK * LANES;
        w.intoArray(to, next);
        x.intoArray(to, next + LANES);
        y.intoArray(to, next + 2 * LANES);
        z.intoArray(to, next + 3 * LANES);
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
            VectorMask<Float> m = NativeMemory.firstLanes(width - whole);
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

    /** Adds values to sums, weighted. */
    static void weightedSum(
            float[] weights, int at, int keys, DequantisedRows values, int width, float[] sums, int to) {
        long step = 4 * values.rowStride();
        for (int n = 0; n < width; n += 4 * LANES) {
            long from = values.address() + 4L * n;
            int left = width - n;
            if (left >= 4 * LANES) {
                wholeValues(weights, at, keys, from, step, sums, to + n);
            } else if (left == 2 * LANES) {
                pairs(weights, at, keys, from, step, sums, to + n);
            } else {
                values(weights, at, keys, from, step, left, sums, to + n);
            }
        }
    }

    /** Adds values of two whole vectors to the sums of two heads, whose weights are some elements apart. */
    static void weightedSumOfTwoHeads(
            float[] weights, int from, int separation, int keys, long v, long step, float[] to, int at, int other) {
        FloatVector a = FloatVector.fromArray(F, to, at);
        FloatVector b = FloatVector.fromArray(F, to, at + LANES);
        FloatVector c = FloatVector.fromArray(F, to, other);
        FloatVector d = FloatVector.fromArray(F, to, other + LANES);
        long row = v;
        for (int i = from; i < from + keys; i++, row += step) {
            FloatVector one = FloatVector.broadcast(F, weights[i]);
            FloatVector two = FloatVector.broadcast(F, weights[i + separation]);
            FloatVector low = load(row);
            FloatVector high = load(row + 4L * LANES);
            a = low.fma(one, a);
            b = high.fma(one, b);
            c = low.fma(two, c);
            d = high.fma(two, d);
        }
        a.intoArray(to, at);
        b.intoArray(to, at + LANES);
        c.intoArray(to, other);
        d.intoArray(to, other + LANES);
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
        VectorMask<Float> ma = NativeMemory.firstLanes(width);
        VectorMask<Float> mb = NativeMemory.firstLanes(Math.max(0, width - LANES));
        VectorMask<Float> mc = NativeMemory.firstLanes(Math.max(0, width - 2 * LANES));
        VectorMask<Float> md = NativeMemory.firstLanes(Math.max(0, width - 3 * LANES));
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
}
