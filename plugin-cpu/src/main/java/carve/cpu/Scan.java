package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;
import static carve.cpu.Memory.store;

import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The scan with scalar decay by chunks of positions: matrix products within a chunk, a state from chunk to chunk (Dao
 * and Gu 2024, arXiv:2405.21060, section 6).
 *
 * <p>With c the cumulative sum of g within the chunk and k' = w k: {@code y[i] = sum over j <= i of exp(c[i] - c[j])
 * (q[i] k'[j]) v[j] + exp(c[i]) S q[i]}, and the next state is {@code exp(c[last]) S + sum exp(c[last] - c[j]) v[j]
 * k'[j]^T}. Differences of c are taken of sums in two floats each, so that what is small is exact. The state is held
 * transposed, (N, P), as panels; both products that it takes part in then read and write it as it is.
 */
final class Scan {
    /** The positions of a chunk. */
    static final int CHUNK = 64;

    private static final int FEW = 4;
    private static final long SMALL = 64 * 1024;
    private static final int STATE = 0;
    private static final int QUERIES = 1;
    private static final int KEYS = 2;
    private static final int KEY_PANELS = 3;
    private static final int VALUE_PANELS = 4;
    private static final int WEIGHTS = 5;
    private static final int OUTPUT = 6;
    private static final int DECAY = 7;
    private static final int TILE = 8;

    private final Workers workers;

    Scan(Workers workers) {
        this.workers = workers;
    }

    /**
     * What heads there are.
     *
     * @param heads H
     * @param queryGroups heads of q
     * @param keyGroups heads of k
     * @param valueGroups heads of v
     * @param state N
     * @param width P
     */
    record Heads(int heads, int queryGroups, int keyGroups, int valueGroups, int state, int width) {
        int query(int head) {
            return head / (heads / queryGroups);
        }

        int key(int head) {
            return head / (heads / keyGroups);
        }

        int value(int head) {
            return head / (heads / valueGroups);
        }
    }

    /**
     * One sequence.
     *
     * @param index the number of its state
     * @param row the row (of B T) of its first position
     * @param length its positions
     */
    record Span(int index, long row, int length) {
        int chunks() {
            return (length + CHUNK - 1) / CHUNK;
        }
    }

    /** Where the operands and the results are, in their order. */
    record Data(long q, long k, long v, long g, long w, long state, long y, long next) {
        long query(Heads h, long row, int head) {
            return q + 4 * (row * h.queryGroups + h.query(head)) * h.state;
        }

        long key(Heads h, long row, int head) {
            return k + 4 * (row * h.keyGroups + h.key(head)) * h.state;
        }

        long value(Heads h, long row, int head) {
            return v + 4 * (row * h.valueGroups + h.value(head)) * h.width;
        }

        long result(Heads h, long row, int head) {
            return y + 4 * (row * h.heads + head) * h.width;
        }

        /** Returns how far the state of a sequence and head is from the first. */
        static long stateOffset(Heads h, int sequence, int head) {
            return 4L * (sequence * h.heads + head) * h.state * h.width;
        }
    }

    /**
     * The decays of a chunk: for each position the cumulative sum of g in two floats, its exponential, and that of the
     * sum from there to the end.
     */
    record Decay(float[] values) {
        private static final int ROOM = CHUNK + 64;

        static final int HIGH = 0;
        static final int LOW = ROOM;
        static final int FROM_START = 2 * ROOM;
        static final int TO_END = 3 * ROOM;
        static final int INPUT = 4 * ROOM;

        static Decay of(Heads h, Data data, long row, int head, int length, float[] values) {
            double sum = 0;
            for (int i = 0; i < length; i++) {
                long at = 4 * ((row + i) * h.heads + head);
                sum += Memory.get(data.g + at);
                float high = (float) sum;
                values[HIGH + i] = high;
                values[LOW + i] = (float) (sum - high);
                values[INPUT + i] = Memory.get(data.w + at);
            }
            float lastHigh = values[HIGH + length - 1];
            float lastLow = values[LOW + length - 1];
            for (int i = 0; i < length; i += LANES) {
                FloatVector high = FloatVector.fromArray(F, values, HIGH + i);
                FloatVector low = FloatVector.fromArray(F, values, LOW + i);
                VectorMath.exp(high).intoArray(values, FROM_START + i);
                FloatVector rest = high.neg().add(lastHigh).add(low.neg().add(lastLow));
                VectorMath.exp(rest).intoArray(values, TO_END + i);
            }
            return new Decay(values);
        }

        /** Writes exp(c[i] - c[j]) times x[j] for j <= i and 0 up to a bound, for one i. */
        void weigh(int i, float[] x, int at, int bound) {
            FloatVector high = FloatVector.broadcast(F, values[HIGH + i]);
            FloatVector low = FloatVector.broadcast(F, values[LOW + i]);
            for (int j = 0; j < bound; j += LANES) {
                VectorMask<Float> m = Memory.first(Math.max(0, i + 1 - j));
                FloatVector d = high.sub(FloatVector.fromArray(F, values, HIGH + j))
                        .add(low.sub(FloatVector.fromArray(F, values, LOW + j)));
                FloatVector e = VectorMath.exp(d).mul(FloatVector.fromArray(F, x, at + j));
                FloatVector.zero(F).blend(e, m).intoArray(x, at + j);
            }
        }

        /** Does what {@link #weigh} does to two rows at once. */
        void weigh(int i, float[] x, float[] y, int at, int bound) {
            FloatVector high = FloatVector.broadcast(F, values[HIGH + i]);
            FloatVector low = FloatVector.broadcast(F, values[LOW + i]);
            for (int j = 0; j < bound; j += LANES) {
                VectorMask<Float> m = Memory.first(Math.max(0, i + 1 - j));
                FloatVector d = high.sub(FloatVector.fromArray(F, values, HIGH + j))
                        .add(low.sub(FloatVector.fromArray(F, values, LOW + j)));
                FloatVector e = VectorMath.exp(d);
                FloatVector.zero(F)
                        .blend(e.mul(FloatVector.fromArray(F, x, at + j)), m)
                        .intoArray(x, at + j);
                FloatVector.zero(F)
                        .blend(e.mul(FloatVector.fromArray(F, y, at + j)), m)
                        .intoArray(y, at + j);
            }
        }

        float fromStart(int i) {
            return values[FROM_START + i];
        }

        float toEnd(int i) {
            return values[TO_END + i];
        }

        float input(int i) {
            return values[INPUT + i];
        }
    }

    /** Writes results and next states. */
    void forward(Heads h, List<Span> spans, Data data) {
        long work = (long) h.heads
                * h.state
                * h.width
                * spans.stream().mapToInt(Span::length).sum();
        workers.run(work <= SMALL, spans.size() * h.heads, (task, scratch) -> {
            Span span = spans.get(task / h.heads);
            int head = task % h.heads;
            if (span.length <= FEW) {
                steps(h, span, data, head);
            } else {
                chunks(h, span, data, head, scratch);
            }
        });
    }

    private static void chunks(Heads h, Span span, Data data, int head, Scratch scratch) {
        long offset = Data.stateOffset(h, span.index, head);
        float[] state = scratch.floats(STATE, Tiles.panelsSize(h.state, h.width));
        boolean some = loadState(h, data.state + offset, state);
        for (int t = 0; t < span.length; t += CHUNK) {
            int length = Math.min(CHUNK, span.length - t);
            chunk(h, data, span.row + t, head, length, state, some, scratch);
            some = true;
        }
        storeState(h, state, data.next + offset);
    }

    /** Turns a state (P, N) into panels of its transpose, and returns whether anything in it is not 0. */
    static boolean loadState(Heads h, long from, float[] state) {
        boolean some = false;
        int size = h.state * h.width;
        for (int i = 0; i < size && !some; i++) {
            some = Memory.get(from + 4L * i) != 0;
        }
        if (some) {
            Tiles.panelsTransposed(from, h.state, h.state, h.width, state);
        } else {
            Arrays.fill(state, 0, Tiles.panelsSize(h.state, h.width), 0);
        }
        return some;
    }

    /** Writes panels of the transpose of a state as (P, N). */
    static void storeState(Heads h, float[] state, long to) {
        for (int p = 0; p < h.width; p++) {
            int at = p / Tiles.PANEL * h.state * Tiles.PANEL + p % Tiles.PANEL;
            for (int n = 0; n < h.state; n++) {
                Memory.set(to + 4L * ((long) p * h.state + n), state[at + n * Tiles.PANEL]);
            }
        }
    }

    private static void chunk(
            Heads h, Data data, long row, int head, int length, float[] state, boolean some, Scratch scratch) {
        Decay decay = Decay.of(h, data, row, head, length, scratch.floats(DECAY, 5 * Decay.ROOM));
        float[] queries = scratch.floats(QUERIES, Tiles.blockSize(CHUNK));
        float[] keys = scratch.floats(KEYS, Tiles.blockSize(CHUNK));
        float[] keyPanels = scratch.floats(KEY_PANELS, Tiles.panelsSize(h.state, CHUNK));
        float[] valuePanels = scratch.floats(VALUE_PANELS, Tiles.panelsSize(CHUNK, h.width));
        float[] weights = scratch.floats(WEIGHTS, Tiles.blockSize(Tiles.ROWS));
        int distance = Tiles.panels(h.width) * Tiles.PANEL;
        float[] output = scratch.floats(OUTPUT, 2 * Tiles.ROWS * distance);
        int second = Tiles.ROWS * distance;
        long stateDistance = (long) h.queryGroups * h.state;
        Tiles.block(data.query(h, row, head), stateDistance, length, h.state, queries);
        weightedKeys(h, data, row, head, length, decay, keys);
        panelsOfBlock(keys, length, h.state, keyPanels);
        Tiles.panels(data.value(h, row, head), (long) h.valueGroups * h.width, length, h.width, valuePanels);
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            int columns = r + rows;
            int at = r * Tiles.STRIDE;
            Tiles.multiply(queries, at, false, keyPanels, rows, h.state, columns, weights, 0, Tiles.STRIDE);
            for (int i = 0; i < rows; i++) {
                decay.weigh(r + i, weights, i * Tiles.STRIDE, columns);
            }
            multiplyDeep(weights, 0, valuePanels, rows, columns, length, h.width, output, 0, distance);
            if (some) {
                Tiles.multiply(queries, at, false, state, rows, h.state, h.width, output, second, distance);
                for (int i = 0; i < rows; i++) {
                    addScaled(output, second + i * distance, decay.fromStart(r + i), output, i * distance, distance);
                }
            }
            Tiles.store(
                    output, distance, rows, h.width, data.result(h, row + r, head), (long) h.heads * h.width, false);
        }
        advance(h, decay, length, keys, valuePanels, state, scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL));
    }

    /** Multiplies a block with the first {@code depth} of the {@code deep} rows of panels. */
    static void multiplyDeep(
            float[] a,
            int ao,
            float[] panels,
            int rows,
            int depth,
            int deep,
            int columns,
            float[] c,
            int co,
            int distance) {
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? Tiles.ROWS : 4;
            for (int n = 0, panel = 0; n < columns; n += Tiles.PANEL, panel += deep * Tiles.PANEL) {
                Tiles.step(
                        taken,
                        a,
                        ao + r * Tiles.STRIDE,
                        false,
                        panels,
                        panel,
                        depth,
                        c,
                        co + r * distance + n,
                        distance);
            }
            r += taken;
        }
    }

    /** Writes w k of a chunk as a block. */
    static void weightedKeys(Heads h, Data data, long row, int head, int length, Decay decay, float[] keys) {
        Tiles.block(data.key(h, row, head), (long) h.keyGroups * h.state, length, h.state, keys);
        for (int i = 0; i < length; i++) {
            scale(keys, i * Tiles.STRIDE, h.state, decay.input(i));
        }
    }

    /** Makes panels of the transpose of a block. */
    static void panelsOfBlock(float[] block, int rows, int columns, float[] to) {
        for (int n = 0; n < rows; n++) {
            int at = (n / Tiles.PANEL) * columns * Tiles.PANEL + n % Tiles.PANEL;
            for (int k = 0; k < columns; k++) {
                to[at + k * Tiles.PANEL] = block[n * Tiles.STRIDE + k];
            }
        }
    }

    /** Scales elements of a row; may write up to a vector more. */
    static void scale(float[] x, int at, int n, float factor) {
        for (int i = at; i < at + n; i += LANES) {
            FloatVector.fromArray(F, x, i).mul(factor).intoArray(x, i);
        }
    }

    /** Adds factor x to y; n is a whole number of vectors. */
    static void addScaled(float[] x, int xAt, float factor, float[] y, int yAt, int n) {
        FloatVector f = FloatVector.broadcast(F, factor);
        for (int i = 0; i < n; i += LANES) {
            FloatVector.fromArray(F, x, xAt + i)
                    .fma(f, FloatVector.fromArray(F, y, yAt + i))
                    .intoArray(y, yAt + i);
        }
    }

    /** Replaces the state by that after the chunk; spoils the weighted keys. */
    static void advance(
            Heads h, Decay decay, int length, float[] keys, float[] valuePanels, float[] state, float[] tile) {
        for (int i = 0; i < length; i++) {
            scale(keys, i * Tiles.STRIDE, h.state, decay.toEnd(i));
        }
        addTransposed(keys, valuePanels, h.state, length, h.width, decay.fromStart(length - 1), state, tile);
    }

    /** Replaces panels (rows, columns) by kept times themselves plus the transpose of a block times panels. */
    static void addTransposed(
            float[] block, float[] panels, int rows, int depth, int columns, float kept, float[] to, float[] tile) {
        FloatVector factor = FloatVector.broadcast(F, kept);
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? Tiles.ROWS : 4;
            int real = Math.min(taken, rows - r) * Tiles.PANEL;
            for (int n = 0; n < columns; n += Tiles.PANEL) {
                Tiles.step(taken, block, r, true, panels, n * depth, depth, tile, 0, Tiles.PANEL);
                int at = n * rows + r * Tiles.PANEL;
                for (int i = 0; i < real; i += LANES) {
                    FloatVector old = FloatVector.fromArray(F, to, at + i);
                    old.fma(factor, FloatVector.fromArray(F, tile, i)).intoArray(to, at + i);
                }
            }
            r += taken;
        }
    }

    /** The recurrent form, for few positions. */
    private static void steps(Heads h, Span span, Data data, int head) {
        long offset = Data.stateOffset(h, span.index, head);
        long from = data.state + offset;
        long to = data.next + offset;
        for (int t = 0; t < span.length; t++) {
            long row = span.row + t;
            long at = 4 * (row * h.heads + head);
            float kept = (float) Math.exp(Memory.get(data.g + at));
            step(
                    h,
                    from,
                    to,
                    data.query(h, row, head),
                    data.key(h, row, head),
                    data.value(h, row, head),
                    kept,
                    Memory.get(data.w + at),
                    data.result(h, row, head));
            from = to;
        }
    }

    private static void step(Heads h, long from, long to, long q, long k, long v, float kept, float weight, long y) {
        int n = h.state;
        for (int p = 0; p < h.width; p++) {
            float input = weight * Memory.get(v + 4L * p);
            long row = 4L * p * n;
            FloatVector sum = FloatVector.zero(F);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector s =
                        load(from + row + 4L * i).mul(kept).add(load(k + 4L * i).mul(input));
                store(to + row + 4L * i, s);
                sum = s.fma(load(q + 4L * i), sum);
            }
            if (i < n) {
                VectorMask<Float> m = Memory.first(n - i);
                FloatVector s = load(from + row + 4L * i, m)
                        .mul(kept)
                        .add(load(k + 4L * i, m).mul(input));
                store(to + row + 4L * i, s, m);
                sum = s.fma(load(q + 4L * i, m), sum);
            }
            Memory.set(y + 4L * p, Lanes.sum(sum));
        }
    }
}
