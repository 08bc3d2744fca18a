package carve.cpu;

import static carve.cpu.Memory.LANES;

import carve.api.tensor.DType;

/**
 * Products of rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}, for any number of rows and any
 * storage type of the weights.
 *
 * <p>x is copied once into the layout of {@link Dots}, by all workers. A task is a strip of rows of x and a range of rows of
 * W; it widens eight rows of W at a time, part by part, and multiplies them with all rows of its strip, so that weights are
 * read once for up to {@link #STRIP} rows. An element of y is the sum of the lanes of one vector, to which neighbours along K
 * were added from the first to the last; {@link Gemv} adds in the same order.
 */
final class Rows {
    /** The most rows that share one reading of the weights. */
    static final int STRIP = 64;

    private static final int WIDE = 2 * Dots.COLUMNS;
    private static final int PANEL = 6;
    private static final int SUMS = 7;
    private static final int PACKED = 4 * 1024 * 1024;
    private static final int ROW_BYTES = 64 * 1024;
    private static final long SMALL = 64L * 64 * 64;

    private final Workers workers;
    private float[] packed = new float[0];

    Rows(Workers workers) {
        this.workers = workers;
    }

    /** What is multiplied; {@code bias} is 0 where there is none, else where N F32 lie. */
    record Product(int n, int k, long w, DType dtype, long bias) {
        /** Returns where a row of the weights begins. */
        long row(int i) {
            return w + i * dtype.bytes(k);
        }

        float bias(int i) {
            return bias == 0 ? 0 : Memory.get(bias + 4L * i);
        }
    }

    /** Writes y. */
    void multiply(Product p, int m, long x, long y) {
        int chunks = (p.k + Dots.DEPTH - 1) / Dots.DEPTH;
        int most = Math.max(STRIP, PACKED / (chunks * Dots.STRIDE) / STRIP * STRIP);
        for (int done = 0; done < m; done += most) {
            int rows = Math.min(most, m - done);
            pack(x + 4L * done * p.k, rows, p.k, chunks);
            multiply(p, rows, chunks, y + 4L * done * p.n);
        }
    }

    /** Copies x: chunk by chunk of the depth, row by row. */
    private void pack(long x, int m, int k, int chunks) {
        int size = chunks * m * Dots.STRIDE;
        if (packed.length < size) {
            packed = new float[size];
        }
        float[] to = packed;
        int each = Math.max(1, ROW_BYTES / 4 / k);
        workers.run((long) m * k <= 4 * ROW_BYTES, (m + each - 1) / each, (task, scratch) -> {
            for (int row = task * each; row < Math.min(m, (task + 1) * each); row++) {
                for (int c = 0; c < chunks; c++) {
                    int from = c * Dots.DEPTH;
                    int depth = Math.min(Dots.DEPTH, k - from);
                    Widening.row(DType.F32, x + 4L * row * k, from, depth, to, (c * m + row) * Dots.STRIDE);
                }
            }
        });
    }

    private void multiply(Product p, int m, int chunks, long y) {
        int strips = (m + STRIP - 1) / STRIP;
        int width = width(p, strips);
        int across = (p.n + width - 1) / width;
        float[] x = packed;
        boolean small = (long) m * p.n * p.k <= SMALL;
        workers.run(small, strips * across, (task, scratch) -> {
            int n = task / strips * width; // strips of the same weights follow each other
            int row = task % strips * STRIP;
            int rows = Math.min(STRIP, m - row);
            strip(p, x, m, row, rows, chunks, n, Math.min(p.n, n + width), y, scratch);
        });
    }

    private int width(Product p, int strips) {
        int rows = (p.n + WIDE - 1) / WIDE * WIDE;
        while (rows > 2 * WIDE && (long) strips * p.n / rows < 8L * workers.threads()) {
            rows /= 2;
        }
        return (rows + WIDE - 1) / WIDE * WIDE;
    }

    private static void strip(
            Product p, float[] x, int m, int row, int rows, int chunks, int n0, int n1, long y, Scratch scratch) {
        float[] panels = scratch.floats(PANEL, WIDE * Dots.STRIDE);
        float[] sums = scratch.floats(SUMS, (STRIP + Dots.ROWS) * WIDE * LANES);
        for (int n = n0; n < n1; n += WIDE) {
            int columns = Math.min(WIDE, n1 - n);
            for (int c = 0; c < chunks; c++) {
                int k = c * Dots.DEPTH;
                int depth = Math.min(Dots.DEPTH, p.k - k);
                for (int i = 0; i < columns; i++) {
                    Widening.row(p.dtype, p.row(n + i), k, depth, panels, i * Dots.STRIDE);
                }
                int at = (c * m + row) * Dots.STRIDE;
                panels(x, at, rows, panels, columns, Dots.whole(depth), c == 0, sums);
            }
            store(p, sums, rows, n, columns, y + 4L * ((long) row * p.n + n));
        }
    }

    private static void panels(
            float[] x, int at, int rows, float[] panels, int columns, int depth, boolean first, float[] sums) {
        for (int r = 0; r < rows; ) {
            int taken = Dots.taken(rows - r);
            for (int i = 0; i < columns; i += Dots.COLUMNS) {
                int sum = (r * WIDE + i * taken) * LANES;
                Dots.step(taken, x, at + r * Dots.STRIDE, panels, i * Dots.STRIDE, depth, first, sums, sum);
            }
            r += taken;
        }
    }

    // columns beyond the last were multiplied with what an earlier panel left, and are not stored
    private static void store(Product p, float[] sums, int rows, int n, int columns, long y) {
        Lanes.sums(sums, rows * WIDE);
        for (int r = 0, taken; r < rows; r += taken) {
            taken = Dots.taken(rows - r);
            for (int i = 0, at = r * WIDE; i < columns; i += Dots.COLUMNS, at += taken * Dots.COLUMNS) {
                long to = y + 4L * ((long) r * p.n + i);
                if (columns - i >= Dots.COLUMNS) {
                    fours(sums, at, taken, p.bias == 0 ? 0 : p.bias + 4L * (n + i), to, p.n);
                } else {
                    few(p, sums, at, taken, n + i, columns - i, to);
                }
            }
        }
    }

    private static void fours(float[] sums, int at, int rows, long bias, long to, int distance) {
        for (int j = 0; j < rows; j++) {
            if (bias == 0) {
                Memory.four(sums, at + j * Dots.COLUMNS, to + 4L * j * distance);
            } else {
                Memory.four(sums, at + j * Dots.COLUMNS, bias, to + 4L * j * distance);
            }
        }
    }

    private static void few(Product p, float[] sums, int at, int rows, int n, int columns, long to) {
        for (int j = 0; j < rows; j++) {
            for (int i = 0; i < columns; i++) {
                float value = sums[at + j * Dots.COLUMNS + i];
                Memory.set(to + 4L * ((long) j * p.n + i), p.bias == 0 ? value : value + p.bias(n + i));
            }
        }
    }
}
