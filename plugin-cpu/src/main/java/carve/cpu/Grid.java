package carve.cpu;

import carve.api.tensor.DType;

/**
 * A large product cut into a grid of blocks, which the workers compute with {@link OneDnn}.
 *
 * <p>Blocks have up to {@value #ROWS} rows, so that the right operand is rearranged seldom, and about {@value #COLUMNS}
 * columns, so that there are some for every worker. How a product is cut depends on its extents alone: the bits are the same with
 * any number of threads.
 */
final class Grid {
    private static final int ROWS = 512;
    private static final int COLUMNS = 256;
    private static final int STEP = 32;
    private static final int LEAST_ACROSS = 4;

    private Grid() {}

    /** Writes {@code C = A B} for matrices of a shape that lie at these addresses. */
    static void multiply(OneDnn library, Workers workers, OneDnn.Shape shape, long a, long b, long c) {
        int height = Math.min(ROWS, shape.m());
        int width = width(shape.n());
        int down = (shape.m() + height - 1) / height;
        int across = (shape.n() + width - 1) / width;
        int lastRows = shape.m() - (down - 1) * height;
        int lastColumns = shape.n() - (across - 1) * width;
        var inside = new OneDnnProduct[] {
            library.product(shape.with(height, width)), library.product(shape.with(lastRows, width))
        };
        var edge = new OneDnnProduct[] {
            library.product(shape.with(height, lastColumns)), library.product(shape.with(lastRows, lastColumns))
        };
        long bytes = shape.type() == DType.BF16 ? Short.BYTES : Float.BYTES;
        workers.run(down * across, (task, scratch) -> {
            int row = task % down; // blocks of the same columns follow each other
            int column = task / down;
            var products = column == across - 1 ? edge : inside;
            products[row == down - 1 ? 1 : 0].run(
                    a + bytes * row * height * shape.aRow(),
                    b + bytes * column * width * shape.bColumn(),
                    c + Float.BYTES * (row * height * shape.cRow() + (long) column * width),
                    scratch);
        });
    }

    private static int width(int columns) {
        int across = (columns + COLUMNS - 1) / COLUMNS;
        int even = Math.max(LEAST_ACROSS, (across + 1) / 2 * 2);
        return Math.min(columns, ((columns + even - 1) / even + STEP - 1) / STEP * STEP);
    }
}
