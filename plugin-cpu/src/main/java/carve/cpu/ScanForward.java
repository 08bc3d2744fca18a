package carve.cpu;

import carve.cpu.Scan.Data;
import carve.cpu.Scan.Heads;
import carve.cpu.Scan.Span;

/**
 * Some heads of one sequence of a {@link Scan}, chunk by chunk.
 *
 * <p>The two terms of a result are one product: to the left {@code [exp(c[i]) q[i], M[i]]} with M[i, j] = exp(c[i] -
 * c[j]) q[i] k'[j]; to the right, below each other, the state (N, P) and the values (chunk, P). A step of rows takes
 * only the values that its last row sees. Heads that follow each other and share queries and keys share their products.
 */
final class ScanForward {
    private static final int RIGHT = 0;
    private static final int QUERIES = 1;
    private static final int KEYS = 2;
    private static final int KEY_COLUMNS = 3;
    private static final int SCORES = 4;
    private static final int LEFT = 5;
    private static final int INPUTS = 6;
    private static final int OUTPUT = 7;
    private static final int DECAY = 8;
    private static final int TILE = 9;
    private static final int ROOM = 10;

    private final Heads h;
    private final Span span;
    private final Data data;
    private final int first;
    private final int count;
    private final int chunk;
    private final int state;
    private final int width;
    private final int deep;
    private final int rightSize;
    private final int distance;
    private final float[] right;
    private final float[] queries;
    private final float[] keys;
    private final float[] keyColumns;
    private final float[] scores;
    private final float[] left;
    private final float[] inputs;
    private final float[] output;
    private final float[] decays;
    private final float[] tile;
    private final float[] room;

    ScanForward(Heads h, Span span, Data data, int first, int count, Scratch scratch) {
        this.h = h;
        this.span = span;
        this.data = data;
        this.first = first;
        this.count = count;
        chunk = h.chunk();
        state = h.state();
        width = h.width();
        deep = state + chunk;
        rightSize = Tiles.panelsSize(deep, width);
        distance = Tiles.panels(width) * Tiles.PANEL;
        right = scratch.floats(RIGHT, count * rightSize);
        queries = scratch.floats(QUERIES, blockSize(chunk));
        keys = scratch.floats(KEYS, blockSize(chunk));
        keyColumns = scratch.floats(KEY_COLUMNS, Tiles.panelsSize(state, chunk));
        scores = scratch.floats(SCORES, blockSize(chunk));
        left = scratch.floats(LEFT, blockSize(chunk));
        inputs = scratch.floats(INPUTS, Tiles.panelsSize(chunk, width));
        output = scratch.floats(OUTPUT, Tiles.ROWS * distance);
        decays = scratch.floats(DECAY, ScanDecay.size());
        tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        room = scratch.floats(ROOM, Turn.roomSize());
    }

    /** Returns the length of an array for a block whose rows are also read in whole vectors of rows. */
    static int blockSize(int rows) {
        return Tiles.blockSize(rows + Memory.LANES);
    }

    void run() {
        boolean[] some = new boolean[count];
        for (int i = 0; i < count; i++) {
            some[i] = load(i);
        }
        for (int t = 0; t < span.length(); t += chunk) {
            int length = Math.min(chunk, span.length() - t);
            long row = span.row() + t;
            for (int i = 0; i < count; i++) {
                shared(row, first + i, length, i == 0);
                head(row, i, length, some[i]);
                some[i] = true;
            }
        }
        for (int i = 0; i < count; i++) {
            store(i);
        }
    }

    /** Turns a state (P, N) into the first rows of the panels, and returns whether anything in it is not 0. */
    private boolean load(int i) {
        long from = data.state() + Data.stateOffset(h, span.index(), first + i);
        boolean some = Scan.isSome(from, state * width);
        for (int p = 0; p < width; p += Tiles.PANEL) {
            int at = i * rightSize + p * deep;
            int rows = Math.min(Tiles.PANEL, width - p);
            if (some) {
                Tiles.block(from + 4L * p * state, state, rows, state, left);
                Turn.panels(left, 0, Tiles.STRIDE, rows, state, right, at, deep, room);
            } else {
                java.util.Arrays.fill(right, at, at + state * Tiles.PANEL, 0);
            }
        }
        return some;
    }

    private void store(int i) {
        long to = data.next() + Data.stateOffset(h, span.index(), first + i);
        for (int p = 0; p < width; p += Tiles.PANEL) {
            int rows = Math.min(Tiles.PANEL, width - p);
            Turn.rows(right, i * rightSize + p * deep, Tiles.PANEL, state, rows, left, 0, Tiles.STRIDE, room);
            Tiles.store(left, Tiles.STRIDE, rows, state, to + 4L * p * state, state, false);
        }
    }

    /** Packs queries and keys and multiplies them, unless those are there from the head before. */
    private void shared(long row, int head, int length, boolean fresh) {
        boolean sameQueries = !fresh && h.query(head) == h.query(head - 1);
        boolean sameKeys = !fresh && h.key(head) == h.key(head - 1);
        if (!sameQueries) {
            Tiles.block(data.query(h, row, head), (long) h.queryGroups() * state, length, state, queries);
        }
        if (!sameKeys) {
            Tiles.block(data.key(h, row, head), (long) h.keyGroups() * state, length, state, keys);
            Turn.panels(keys, 0, Tiles.STRIDE, length, state, keyColumns, 0, state, room);
        }
        if (!sameQueries || !sameKeys) {
            for (int r = 0; r < length; r += Tiles.ROWS) {
                int rows = Math.min(Tiles.ROWS, length - r);
                int at = r * Tiles.STRIDE;
                Tiles.multiply(queries, at, false, keyColumns, rows, state, r + rows, scores, at, Tiles.STRIDE);
            }
        }
    }

    private void head(long row, int i, int length, boolean some) {
        int head = first + i;
        ScanDecay decay = ScanDecay.of(h, data, row, head, length, decays);
        values(data.value(h, row, head), i, length, decay);
        int skipped = some ? 0 : state; // without a state only the other term
        for (int r = 0; r < length; r += Tiles.ROWS) {
            int rows = Math.min(Tiles.ROWS, length - r);
            for (int j = r; j < r + rows; j++) {
                int at = j * Tiles.STRIDE;
                if (some) {
                    Scan.scaled(queries, at, decay.fromStart(j), left, at, state);
                }
                decay.weigh(j, scores, at, r + rows, left, at + state);
            }
            int from = r * Tiles.STRIDE + skipped;
            int depth = state - skipped + r + rows;
            Scan.multiply(
                    left,
                    from,
                    right,
                    i * rightSize + skipped * Tiles.PANEL,
                    depth,
                    deep,
                    rows,
                    width,
                    output,
                    0,
                    distance);
            long to = data.result(h, row + r, head);
            Tiles.store(output, distance, rows, width, to, (long) h.heads() * width, false);
        }
        float kept = decay.fromStart(length - 1);
        Scan.advance(keys, state, inputs, 0, length, length, width, kept, right, i * rightSize, deep, tile);
    }

    /** Packs the values of a chunk below the state, and what they add to the next state. */
    private void values(long value, int i, int length, ScanDecay decay) {
        long step = (long) h.valueGroups() * width;
        for (int p = 0; p < width; p += Tiles.PANEL) {
            int at = i * rightSize + p * deep + state * Tiles.PANEL;
            Tiles.panels(value + 4L * p, step, length, Math.min(Tiles.PANEL, width - p), right, at);
            for (int j = 0; j < length; j++) {
                Scan.scaled(
                        right,
                        at + j * Tiles.PANEL,
                        decay.toEnd(j) * decay.input(j),
                        inputs,
                        p * length + j * Tiles.PANEL,
                        Tiles.PANEL);
            }
        }
    }
}
