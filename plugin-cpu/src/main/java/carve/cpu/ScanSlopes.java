package carve.cpu;

import static carve.cpu.Memory.LANES;

import carve.cpu.Scan.Data;
import carve.cpu.Scan.Heads;
import carve.cpu.ScanBackward.Slopes;
import java.util.Arrays;

/**
 * The gradients of a chunk of {@link Scan}.
 *
 * <p>With M = exp(c[i] - c[j]) q[i] k'[j] the weights of a chunk, dM = dy v^T and dA = exp(c[i] - c[j]) dM, S the state
 * before and dT the gradient of the state T after it:
 *
 * <pre>
 * dq = [exp(c) dy, dA w] [S; k]        dv = [M^T, exp(c[last] - c) k'] [dy; dT^T]
 * dk' = [dA^T, exp(c[last] - c) v] [q; dT]    dS = exp(c[last]) dT + sum exp(c) dy q^T
 * </pre>
 *
 * <p>dg[t] is the sum of M[i,j] dM[i,j] over i >= t > j; of exp(c[i]) dy[i] S q[i] over i >= t; of exp(c[last] - c[j]) k'[j] dT v[j]
 * over j < t; and of exp(c[last]) dT S. The shorter way, summing q dq - k' dk' from t on, takes large numbers from each other that
 * were rounded apart: its error was fifteen times as great for 64 positions of 16 channels.
 *
 * <p>dk = w dk' and dw = k dk'. Each of the three is one product of rows that lie beside each other with panels below
 * each other. M and dA are computed transposed, from j down to i.
 */
final class ScanSlopes {
    private static final int LEFT_QUERIES = 4;
    private static final int LEFT_VALUES = 5;
    private static final int LEFT_KEYS = 6;
    private static final int QUERIES = 7;
    private static final int KEYS = 8;
    private static final int VALUES = 9;
    private static final int RESULTS = 10;
    private static final int QUERY_COLUMNS = 11;
    private static final int RESULT_COLUMNS = 12;
    private static final int WEIGHTS = 13;
    private static final int SCORES = 14;
    private static final int RIGHT_RESULTS = 15;
    private static final int RIGHT_QUERIES = 16;
    private static final int OUTPUT = 17;
    private static final int DECAY = 18;
    private static final int TILE = 19;
    private static final int ROOM = 20;

    private final Heads h;
    private final Data data;
    private final Slopes slopes;
    private final int chunk;
    private final int state;
    private final int width;
    private final int stateDistance;
    private final int widthDistance;
    private final float[] leftQueries;
    private final float[] leftValues;
    private final float[] leftKeys;
    private final float[] queries;
    private final float[] keys;
    private final float[] values;
    private final float[] results;
    private final float[] queryColumns;
    private final float[] resultColumns;
    private final float[] weights;
    private final float[] scores;
    private final float[] rightResults;
    private final float[] rightQueries;
    private final float[] output;
    private final float[] decays;
    private final float[] tile;
    private final float[] room;
    private final double[] pairs; // of M dM, sums over j less sums over i, then what reaches i from before the chunk
    private final double[] passing; // what leaves the chunk from j
    private int head;
    private ScanDecay decay;

    ScanSlopes(Heads h, Data data, Slopes slopes, Scratch scratch) {
        this.h = h;
        this.data = data;
        this.slopes = slopes;
        chunk = h.chunk();
        state = h.state();
        width = h.width();
        stateDistance = Tiles.panels(state) * Tiles.PANEL;
        widthDistance = Tiles.panels(width) * Tiles.PANEL;
        int block = ScanForward.blockSize(chunk);
        leftQueries = scratch.floats(LEFT_QUERIES, block);
        leftValues = scratch.floats(LEFT_VALUES, block);
        leftKeys = scratch.floats(LEFT_KEYS, block);
        queries = scratch.floats(QUERIES, block);
        keys = scratch.floats(KEYS, block);
        values = scratch.floats(VALUES, block);
        results = scratch.floats(RESULTS, block);
        weights = scratch.floats(WEIGHTS, block);
        scores = scratch.floats(SCORES, block);
        queryColumns = scratch.floats(QUERY_COLUMNS, Tiles.panelsSize(state, chunk));
        resultColumns = scratch.floats(RESULT_COLUMNS, Tiles.panelsSize(width, chunk));
        rightResults = scratch.floats(RIGHT_RESULTS, Tiles.panelsSize(chunk + state, width));
        rightQueries = scratch.floats(RIGHT_QUERIES, Tiles.panelsSize(chunk + width, state) + LANES * Tiles.PANEL);
        output = scratch.floats(OUTPUT, Tiles.ROWS * Math.max(stateDistance, widthDistance));
        decays = scratch.floats(DECAY, ScanDecay.size());
        tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        room = scratch.floats(ROOM, Turn.roomSize());
        pairs = new double[Tiles.STRIDE];
        passing = new double[chunk];
        decay = new ScanDecay(decays);
    }

    /** Begins a head with the gradient of its last state, (P, N) at an address, or none. */
    void begin(int next, long slope) {
        head = next;
        for (int n = 0; n < state; n += Tiles.PANEL) {
            int at = stateAt(n);
            if (slope != 0) {
                int columns = Math.min(Tiles.PANEL, state - n);
                Tiles.panels(slope + 4L * n, state, width, columns, rightQueries, at);
            } else {
                Arrays.fill(rightQueries, at, at + width * Tiles.PANEL, 0);
            }
        }
    }

    /** Writes the gradient of the first state. */
    void end(long to) {
        for (int n = 0; n < state; n += Tiles.PANEL) {
            int columns = Math.min(Tiles.PANEL, state - n);
            for (int p = 0; p < width; p++) {
                Memory.copy(rightQueries, stateAt(n) + p * Tiles.PANEL, to + 4 * ((long) p * state + n), columns);
            }
        }
    }

    /** Returns where the panel of the gradient of the state that begins at a column is. */
    private int stateAt(int column) {
        return column * (chunk + width) + chunk * Tiles.PANEL;
    }

    /**
     * Computes the gradients of a chunk.
     *
     * @param states the states, as {@link ScanBackward} keeps them
     * @param before where the state before the chunk begins
     * @param some whether that is not all 0
     * @param sloped whether the gradient of the state after the chunk is not all 0
     * @param passedOn whether the gradient of the state before the chunk is asked for
     */
    void run(long row, int length, float[] states, int before, boolean some, boolean sloped, boolean passedOn) {
        decay = ScanDecay.of(h, data, row, head, length, decays);
        int shift = chunk - length; // what is below each other ends where the gradient of the state begins
        load(row, length, shift, sloped);
        weights(length, shift);
        left(length, sloped);
        queries(row, length, states, before, some);
        values(row, length, shift, sloped);
        keys(row, length, shift, sloped);
        decays(row, length, sloped && some ? decay.fromStart(length - 1) * dotOfStates(states, before) : 0);
        if (passedOn) {
            float kept = decay.fromStart(length - 1);
            int first = shift * Tiles.PANEL;
            int deep = chunk + width;
            Scan.advance(
                    leftQueries,
                    width,
                    rightQueries,
                    first,
                    length,
                    deep,
                    state,
                    kept,
                    rightQueries,
                    stateAt(0),
                    deep,
                    tile);
        }
    }

    /** Writes the gradients of g. */
    private void decays(long row, int length, double through) {
        double sum = through;
        for (int i = 0; i < length; i++) {
            sum += passing[i];
        }
        for (int i = length - 1; i >= 0; i--) {
            sum += pairs[i] - passing[i];
            Memory.set(slopes.g() + 4 * ((row + i) * h.heads() + head), (float) sum);
        }
    }

    /** Packs q, k, v and dy, and turns the gradient of the state. */
    private void load(long row, int length, int shift, boolean sloped) {
        long queryStep = (long) h.queryGroups() * state;
        long valueStep = (long) h.valueGroups() * width;
        long resultStep = (long) h.heads() * width;
        long query = data.query(h, row, head);
        long dy = slopes.dy() + data.result(h, row, head) - data.y();
        Tiles.block(query, queryStep, length, state, queries);
        Turn.panels(queries, 0, Tiles.STRIDE, length, state, queryColumns, 0, state, room);
        Tiles.block(data.key(h, row, head), (long) h.keyGroups() * state, length, state, keys);
        Tiles.block(data.value(h, row, head), valueStep, length, width, values);
        Tiles.block(dy, resultStep, length, width, results);
        Turn.panels(results, 0, Tiles.STRIDE, length, width, resultColumns, 0, width, room);
        for (int p = 0; p < width; p += Tiles.PANEL) {
            int at = p * (chunk + state) + shift * Tiles.PANEL;
            Tiles.panels(dy + 4L * p, resultStep, length, Math.min(Tiles.PANEL, width - p), rightResults, at);
        }
        for (int n = 0; n < state; n += Tiles.PANEL) {
            int columns = Math.min(Tiles.PANEL, state - n);
            int at = n * (chunk + width) + shift * Tiles.PANEL;
            Tiles.panels(query + 4L * n, queryStep, length, columns, rightQueries, at);
            if (sloped) {
                int to = (chunk + n) * Tiles.PANEL;
                Turn.panels(
                        rightQueries, stateAt(n), Tiles.PANEL, width, columns, rightResults, to, chunk + state, room);
            }
        }
    }

    /** Computes the parts of the left operands that come from within the chunk. */
    private void weights(int length, int shift) {
        Arrays.fill(pairs, 0);
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            int at = r * Tiles.STRIDE;
            int n = r / Tiles.PANEL * Tiles.PANEL; // earlier panels are before the diagonal
            Scan.multiply(
                    keys, at, queryColumns, n * state, state, state, rows, length - n, weights, at + n, Tiles.STRIDE);
            Scan.multiply(
                    values, at, resultColumns, n * width, width, width, rows, length - n, scores, at + n, Tiles.STRIDE);
            for (int j = r; j < r + rows; j++) {
                int own = j * Tiles.STRIDE;
                int first = r / LANES * LANES;
                decay.weighTransposed(
                        j, first, length, weights, scores, own, leftValues, leftKeys, own + shift, weights, pairs);
            }
        }
    }

    /** Fills in what the left operands begin or end with. */
    private void left(int length, boolean sloped) {
        for (int i = 0; i < length; i++) {
            int at = i * Tiles.STRIDE;
            Scan.scaled(results, at, decay.fromStart(i), leftQueries, at, width);
            if (sloped) {
                Scan.scaled(keys, at, decay.toEnd(i) * decay.input(i), leftValues, at + chunk, state);
                Scan.scaled(values, at, decay.toEnd(i), leftKeys, at + chunk, width);
            }
        }
        Turn.rows(weights, 0, Tiles.STRIDE, length, length, leftQueries, width, Tiles.STRIDE, room);
    }

    private void queries(long row, int length, float[] states, int before, boolean some) {
        int deep = width + chunk;
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            int from = r * Tiles.STRIDE;
            long to = slopes.q() + data.query(h, row + r, head) - data.q();
            if (some) {
                Scan.multiply(leftQueries, from, states, before, width, deep, rows, state, output, 0, stateDistance);
                for (int i = 0; i < rows; i++) {
                    pairs[r + i] += Scan.dot(output, i * stateDistance, queries, (r + i) * Tiles.STRIDE, state);
                }
                Tiles.store(output, stateDistance, rows, state, to, (long) h.queryGroups() * state, true);
            }
            int panel = before + width * Tiles.PANEL;
            Scan.multiply(
                    leftQueries, from + width, states, panel, r + rows, deep, rows, state, output, 0, stateDistance);
            Tiles.store(output, stateDistance, rows, state, to, (long) h.queryGroups() * state, true);
        }
    }

    private void values(long row, int length, int shift, boolean sloped) {
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            int first = shift + r;
            int depth = length - r + (sloped ? state : 0);
            int deep = chunk + state;
            int from = r * Tiles.STRIDE + first;
            int panel = first * Tiles.PANEL;
            Scan.multiply(leftValues, from, rightResults, panel, depth, deep, rows, width, output, 0, widthDistance);
            long to = slopes.v() + data.value(h, row + r, head) - data.v();
            Tiles.store(output, widthDistance, rows, width, to, (long) h.valueGroups() * width, true);
        }
    }

    private void keys(long row, int length, int shift, boolean sloped) {
        Arrays.fill(passing, 0);
        int deep = chunk + width;
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            int from = r * Tiles.STRIDE;
            int first = shift + r;
            int panel = first * Tiles.PANEL;
            Scan.multiply(
                    leftKeys,
                    from + first,
                    rightQueries,
                    panel,
                    length - r,
                    deep,
                    rows,
                    state,
                    output,
                    0,
                    stateDistance);
            addKeys(row, r, rows, false);
            if (sloped) {
                int last = chunk * Tiles.PANEL;
                Scan.multiply(
                        leftKeys, from + chunk, rightQueries, last, width, deep, rows, state, output, 0, stateDistance);
                addKeys(row, r, rows, true);
            }
        }
    }

    /** Adds to the gradients of keys and inputs what comes from within the chunk, and then what comes from after it. */
    private void addKeys(long row, int r, int rows, boolean after) {
        for (int i = 0; i < rows; i++) {
            int at = i * stateDistance;
            float input = decay.input(r + i);
            float slope = Scan.dot(output, at, keys, (r + i) * Tiles.STRIDE, state);
            long to = slopes.w() + 4 * ((row + r + i) * h.heads() + head);
            Memory.set(to, after ? Memory.get(to) + slope : slope);
            passing[r + i] = after ? input * slope : 0;
            Scan.scaled(output, at, input, output, at, state);
        }
        long to = slopes.k() + data.key(h, row + r, head) - data.k();
        Tiles.store(output, stateDistance, rows, state, to, (long) h.keyGroups() * state, true);
    }

    /** Returns the sum of the products of the state before the chunk and the gradient of that after it. */
    private float dotOfStates(float[] states, int before) {
        float sum = 0;
        for (int n = 0; n < state; n += Tiles.PANEL) {
            int at = before + n * (width + chunk);
            if (state - n >= Tiles.PANEL) {
                sum += Scan.dot(rightQueries, stateAt(n), states, at, width * Tiles.PANEL);
            } else {
                for (int p = 0; p < width; p++) {
                    int row = p * Tiles.PANEL;
                    sum += Scan.dot(rightQueries, stateAt(n) + row, states, at + row, state - n);
                }
            }
        }
        return sum;
    }
}
