package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.cpu.Scan.Data;
import carve.cpu.Scan.Decay;
import carve.cpu.Scan.Heads;
import carve.cpu.Scan.Span;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * The gradients of {@link Scan}, chunk by chunk from the end.
 *
 * <p>With M = exp(c[i] - c[j]) q[i] k'[j] the weights of a chunk, dM = dy v^T and dA = exp(c[i] - c[j]) dM, S the state
 * before and dT the gradient of the state T after it:
 *
 * <pre>
 * dq = dA k' + exp(c) dy S            dv = M^T dy + exp(c[last] - c) k' dT^T
 * dk' = dA^T q + exp(c[last] - c) v dT    dS = exp(c[last]) dT + sum exp(c) dy q^T
 * dc = q dq - k' dk', and at the last position the sum of dT T besides; dg sums dc from its position on
 * </pre>
 *
 * dk = w dk' and dw = k dk'. One task computes the heads that add to the same groups.
 */
final class ScanBackward {
    private static final int QUERIES = 1;
    private static final int KEYS = 2;
    private static final int KEY_COLUMNS = 3;
    private static final int VALUES = 4;
    private static final int WEIGHTS = 5;
    private static final int OUTPUT = 6;
    private static final int DECAY = 7;
    private static final int TILE = 8;
    private static final int RESULTS = 9;
    private static final int SLOPES = 10;
    private static final int VALUE_COLUMNS = 11;
    private static final int KEY_PANELS = 12;
    private static final int RESULT_PANELS = 13;
    private static final int QUERY_PANELS = 14;
    private static final int STATES = 15;
    private static final int STATE_SLOPE = 16;
    private static final int STATE_ROWS = 17;
    private static final int SLOPE_ROWS = 18;
    private static final int DOTS = 19;
    private static final int VALUE_PANELS = 20;

    private final Workers workers;

    ScanBackward(Workers workers) {
        this.workers = workers;
    }

    /** Where the gradients of the results are, 0 where there is none, and where those of the operands go. */
    record Slopes(long dy, long next, long q, long k, long v, long g, long w, long state) {}

    /** Writes all gradients; those of q, k and v are added to zeros. */
    void run(Heads h, List<Span> spans, Data data, Slopes slopes) {
        int groups = gcd(h.queryGroups(), gcd(h.keyGroups(), h.valueGroups()));
        int perGroup = h.heads() / groups;
        workers.run(spans.size() * groups, (task, scratch) -> {
            int group = task % groups;
            for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                new Head(h, spans.get(task / groups), data, slopes, head, scratch).run();
            }
        });
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** One head of one sequence. */
    private record Head(Heads h, Span span, Data data, Slopes slopes, int head, Scratch scratch) {
        void run() {
            int size = Tiles.panelsSize(h.state(), h.width());
            int chunks = span.chunks();
            long offset = Data.stateOffset(h, span.index(), head);
            float[] states = scratch.floats(STATES, (chunks + 1) * size);
            boolean some = states(states, size, chunks, offset);
            float[] slope = scratch.floats(STATE_SLOPE, size);
            boolean sloped = slopes.next != 0 && Scan.loadState(h, slopes.next + offset, slope);
            if (!sloped) {
                Arrays.fill(slope, 0, size, 0);
            }
            for (int c = chunks - 1; c >= 0; c--) {
                int length = Math.min(Scan.CHUNK, span.length() - c * Scan.CHUNK);
                boolean first = c == 0;
                chunk(
                        span.row() + (long) c * Scan.CHUNK,
                        length,
                        states,
                        c * size,
                        size,
                        !first || some,
                        slope,
                        sloped,
                        !first || slopes.state != 0);
                sloped = true;
            }
            if (slopes.state != 0) {
                Scan.storeState(h, slope, slopes.state + offset);
            }
        }

        /** Computes the states before each chunk and after the last; returns whether the first is not all 0. */
        private boolean states(float[] states, int size, int chunks, long offset) {
            float[] state = scratch.floats(0, size);
            boolean some = Scan.loadState(h, data.state() + offset, state);
            System.arraycopy(state, 0, states, 0, size);
            for (int c = 0; c < chunks; c++) {
                boolean last = c == chunks - 1;
                if (last && slopes.next == 0) {
                    break; // nobody asks for what comes out
                }
                long row = span.row() + (long) c * Scan.CHUNK;
                int length = Math.min(Scan.CHUNK, span.length() - c * Scan.CHUNK);
                Decay decay = decay(row, length);
                float[] keys = block(KEYS);
                float[] values = floats(VALUE_PANELS, Scan.CHUNK, h.width());
                Scan.weightedKeys(h, data, row, head, length, decay, keys);
                Tiles.panels(data.value(h, row, head), (long) h.valueGroups() * h.width(), length, h.width(), values);
                Scan.advance(h, decay, length, keys, values, state, tile());
                System.arraycopy(state, 0, states, (c + 1) * size, size);
            }
            return some;
        }

        private Decay decay(long row, int length) {
            return Decay.of(h, data, row, head, length, scratch.floats(DECAY, 8 * Scan.CHUNK + 64 * 8));
        }

        private float[] block(int slot) {
            return scratch.floats(slot, Tiles.blockSize(Scan.CHUNK));
        }

        private float[] floats(int slot, int depth, int columns) {
            return scratch.floats(slot, Tiles.panelsSize(depth, columns));
        }

        private float[] tile() {
            return scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        }

        private void chunk(
                long row,
                int length,
                float[] states,
                int state,
                int size,
                boolean some,
                float[] slope,
                boolean sloped,
                boolean passedOn) {
            Decay decay = decay(row, length);
            load(row, length, decay);
            weights(length, decay);
            float[] dots = scratch.floats(DOTS, Scan.CHUNK + LANES);
            queries(row, length, decay, states, state, some, dots);
            values(row, length, decay, slope, sloped);
            keys(row, length, decay, slope, sloped, dots);
            if (sloped) {
                dots[length - 1] += dot(slope, 0, states, state + size, size);
            }
            double sum = 0;
            for (int i = length - 1; i >= 0; i--) {
                sum += dots[i];
                Memory.set(slopes.g + 4 * ((row + i) * h.heads() + head), (float) sum);
            }
            if (passedOn) {
                float[] queries = block(QUERIES);
                for (int i = 0; i < length; i++) {
                    Scan.scale(queries, i * Tiles.STRIDE, h.state(), decay.fromStart(i));
                }
                Scan.addTransposed(
                        queries,
                        scratch.floats(RESULT_PANELS, 0),
                        h.state(),
                        length,
                        h.width(),
                        decay.fromStart(length - 1),
                        slope,
                        tile());
            }
        }

        /** Packs q, k', v and dy. */
        private void load(long row, int length, Decay decay) {
            int n = h.state();
            int p = h.width();
            long queryStep = (long) h.queryGroups() * n;
            long valueStep = (long) h.valueGroups() * p;
            long resultStep = (long) h.heads() * p;
            long dy = slopes.dy + data.result(h, row, head) - data.y();
            long query = data.query(h, row, head);
            long value = data.value(h, row, head);
            Tiles.block(query, queryStep, length, n, block(QUERIES));
            Tiles.panels(query, queryStep, length, n, floats(QUERY_PANELS, Scan.CHUNK, n));
            float[] keys = block(KEYS);
            Scan.weightedKeys(h, data, row, head, length, decay, keys);
            Scan.panelsOfBlock(keys, length, n, floats(KEY_COLUMNS, n, Scan.CHUNK));
            blockPanels(keys, length, n, floats(KEY_PANELS, Scan.CHUNK, n));
            Tiles.block(value, valueStep, length, p, block(VALUES));
            Tiles.panelsTransposed(value, valueStep, p, length, floats(VALUE_COLUMNS, p, Scan.CHUNK));
            Tiles.block(dy, resultStep, length, p, block(RESULTS));
            Tiles.panels(dy, resultStep, length, p, floats(RESULT_PANELS, Scan.CHUNK, p));
        }

        /** Makes panels of a block; columns beyond the end are arbitrary. */
        private static void blockPanels(float[] block, int depth, int columns, float[] to) {
            for (int n = 0, at = 0; n < columns; n += Tiles.PANEL) {
                for (int k = 0; k < depth; k++, at += Tiles.PANEL) {
                    System.arraycopy(block, k * Tiles.STRIDE + n, to, at, Math.min(Tiles.PANEL, Tiles.DEPTH - n));
                }
            }
        }

        /** Computes M and dA, 0 above the diagonal. */
        private void weights(int length, Decay decay) {
            float[] weights = block(WEIGHTS);
            float[] scores = block(SLOPES);
            for (int r = 0; r < length; r += Tiles.ROWS) {
                int rows = Math.min(Tiles.ROWS, length - r);
                int columns = r + rows;
                int at = r * Tiles.STRIDE;
                Tiles.multiply(
                        block(QUERIES),
                        at,
                        false,
                        scratch.floats(KEY_COLUMNS, 0),
                        rows,
                        h.state(),
                        columns,
                        weights,
                        at,
                        Tiles.STRIDE);
                Tiles.multiply(
                        block(RESULTS),
                        at,
                        false,
                        scratch.floats(VALUE_COLUMNS, 0),
                        rows,
                        h.width(),
                        columns,
                        scores,
                        at,
                        Tiles.STRIDE);
                for (int i = 0; i < rows; i++) {
                    decay.weigh(r + i, weights, scores, at + i * Tiles.STRIDE, length);
                }
            }
        }

        private void queries(long row, int length, Decay decay, float[] states, int state, boolean some, float[] dots) {
            int n = h.state();
            int distance = Tiles.panels(n) * Tiles.PANEL;
            float[] output = scratch.floats(OUTPUT, 2 * (Tiles.ROWS) * (Tiles.DEPTH + Tiles.PANEL));
            int second = Tiles.ROWS * distance;
            float[] stateRows = floats(STATE_ROWS, h.width(), n);
            if (some) {
                turn(states, state, stateRows);
            }
            for (int r = 0; r < length; r += Tiles.ROWS) {
                int rows = Math.min(Tiles.ROWS, length - r);
                int at = r * Tiles.STRIDE;
                Scan.multiplyDeep(
                        block(SLOPES),
                        at,
                        scratch.floats(KEY_PANELS, 0),
                        rows,
                        r + rows,
                        length,
                        n,
                        output,
                        0,
                        distance);
                if (some) {
                    Tiles.multiply(block(RESULTS), at, false, stateRows, rows, h.width(), n, output, second, distance);
                }
                for (int i = 0; i < rows; i++) {
                    if (some) {
                        Scan.addScaled(
                                output, second + i * distance, decay.fromStart(r + i), output, i * distance, distance);
                    }
                    dots[r + i] = dot(output, i * distance, block(QUERIES), at + i * Tiles.STRIDE, n);
                }
                Tiles.store(
                        output,
                        distance,
                        rows,
                        n,
                        slopes.q + data.query(h, row + r, head) - data.q(),
                        (long) h.queryGroups() * n,
                        true);
            }
        }

        private void values(long row, int length, Decay decay, float[] slope, boolean sloped) {
            int p = h.width();
            int distance = Tiles.panels(p) * Tiles.PANEL;
            float[] output = scratch.floats(OUTPUT, 2 * (Tiles.ROWS) * (Tiles.DEPTH + Tiles.PANEL));
            int second = Tiles.ROWS * distance;
            for (int r = 0; r < length; r += Tiles.ROWS) {
                int rows = Math.min(Tiles.ROWS, length - r);
                below(block(WEIGHTS), r, scratch.floats(RESULT_PANELS, 0), rows, length, p, output, distance);
                if (sloped) {
                    Tiles.multiply(
                            block(KEYS), r * Tiles.STRIDE, false, slope, rows, h.state(), p, output, second, distance);
                    for (int i = 0; i < rows; i++) {
                        Scan.addScaled(
                                output, second + i * distance, decay.toEnd(r + i), output, i * distance, distance);
                    }
                }
                Tiles.store(
                        output,
                        distance,
                        rows,
                        p,
                        slopes.v + data.value(h, row + r, head) - data.v(),
                        (long) h.valueGroups() * p,
                        true);
            }
        }

        private void keys(long row, int length, Decay decay, float[] slope, boolean sloped, float[] dots) {
            int n = h.state();
            int distance = Tiles.panels(n) * Tiles.PANEL;
            float[] output = scratch.floats(OUTPUT, 2 * (Tiles.ROWS) * (Tiles.DEPTH + Tiles.PANEL));
            int second = Tiles.ROWS * distance;
            float[] slopeRows = floats(SLOPE_ROWS, h.width(), n);
            if (sloped) {
                turn(slope, 0, slopeRows);
            }
            for (int r = 0; r < length; r += Tiles.ROWS) {
                int rows = Math.min(Tiles.ROWS, length - r);
                below(block(SLOPES), r, scratch.floats(QUERY_PANELS, 0), rows, length, n, output, distance);
                if (sloped) {
                    Tiles.multiply(
                            block(VALUES),
                            r * Tiles.STRIDE,
                            false,
                            slopeRows,
                            rows,
                            h.width(),
                            n,
                            output,
                            second,
                            distance);
                }
                for (int i = 0; i < rows; i++) {
                    if (sloped) {
                        Scan.addScaled(
                                output, second + i * distance, decay.toEnd(r + i), output, i * distance, distance);
                    }
                    weight(row + r + i, r + i, decay, output, i * distance, dots);
                }
                Tiles.store(
                        output,
                        distance,
                        rows,
                        n,
                        slopes.k + data.key(h, row + r, head) - data.k(),
                        (long) h.keyGroups() * n,
                        true);
            }
        }

        /** Turns the gradient of a weighted key into that of the key, and writes that of the weight. */
        private void weight(long row, int i, Decay decay, float[] output, int at, float[] dots) {
            int n = h.state();
            dots[i] -= dot(output, at, block(KEYS), i * Tiles.STRIDE, n);
            long key = data.key(h, row, head);
            float sum = 0;
            FloatVector sums = FloatVector.zero(F);
            int j = 0;
            for (; j <= n - LANES; j += LANES) {
                sums = Memory.load(key + 4L * j).fma(FloatVector.fromArray(F, output, at + j), sums);
            }
            for (; j < n; j++) {
                sum += Memory.get(key + 4L * j) * output[at + j];
            }
            Memory.set(slopes.w + 4 * (row * h.heads() + head), sum + Lanes.sum(sums));
            Scan.scale(output, at, n, decay.input(i));
        }

        /** Multiplies twelve columns of a lower triangle, transposed, with the rows of panels from there on. */
        private static void below(
                float[] triangle, int r, float[] panels, int rows, int length, int columns, float[] c, int distance) {
            int from = r * Tiles.STRIDE + r;
            for (int i = 0; i < rows; ) {
                int taken = rows - i > 8 ? Tiles.ROWS : 4;
                for (int n = 0; n < columns; n += Tiles.PANEL) {
                    Tiles.step(
                            taken,
                            triangle,
                            from + i,
                            true,
                            panels,
                            n * length + r * Tiles.PANEL,
                            length - r,
                            c,
                            i * distance + n,
                            distance);
                }
                i += taken;
            }
        }

        /** Makes panels (P, N) of panels (N, P). */
        private void turn(float[] from, int at, float[] to) {
            for (int p = 0; p < h.width(); p++) {
                int column = at + p / Tiles.PANEL * h.state() * Tiles.PANEL + p % Tiles.PANEL;
                for (int n = 0; n < h.state(); n++) {
                    to[n / Tiles.PANEL * h.width() * Tiles.PANEL + p * Tiles.PANEL + n % Tiles.PANEL] =
                            from[column + n * Tiles.PANEL];
                }
            }
        }

        private static float dot(float[] a, int aAt, float[] b, int bAt, int n) {
            FloatVector sum = FloatVector.zero(F);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                sum = FloatVector.fromArray(F, a, aAt + i).fma(FloatVector.fromArray(F, b, bAt + i), sum);
            }
            float rest = 0;
            for (; i < n; i++) {
                rest += a[aAt + i] * b[bAt + i];
            }
            return rest + Lanes.sum(sum);
        }
    }
}
