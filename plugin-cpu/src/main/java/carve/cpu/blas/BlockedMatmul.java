package carve.cpu.blas;

import carve.api.tensor.DType;
import carve.cpu.thread.ThreadPool;

/**
 * A large product cut into a grid of blocks, which the workers compute with {@link OneDnnEngine}.
 *
 * <p>Blocks have up to {@value #ROWS} rows, so that the right operand is rearranged seldom, and about {@value #COLUMNS}
 * columns, so that there are some for every worker. How a product is cut depends on its extents alone: the bits are the same with
 * any number of threads.
 */
public final class BlockedMatmul {
    private static final int ROWS = 512;
    private static final int COLUMNS = 256;
    private static final int STEP = 32;
    private static final int LEAST_ACROSS = 4;

    private BlockedMatmul() {}

    /** Writes {@code C = A B} for matrices of a shape at these addresses. */
    public static void multiply(
            OneDnnEngine library, ThreadPool threadPool, OneDnnEngine.MatmulShape matmulShape, long a, long b, long c) {
        int height = Math.min(ROWS, matmulShape.m());
        int width = width(matmulShape.n());
        int down = (matmulShape.m() + height - 1) / height;
        int across = (matmulShape.n() + width - 1) / width;
        int lastRows = matmulShape.m() - (down - 1) * height;
        int lastColumns = matmulShape.n() - (across - 1) * width;
        var inside = new OneDnnMatmul[] {
            library.matmul(matmulShape.block(height, width)), library.matmul(matmulShape.block(lastRows, width))
        };
        var edge = new OneDnnMatmul[] {
            library.matmul(matmulShape.block(height, lastColumns)),
            library.matmul(matmulShape.block(lastRows, lastColumns))
        };
        long bytes = matmulShape.type() == DType.BF16 ? Short.BYTES : Float.BYTES;
        threadPool.parallelFor(down * across, (task, scratchpad) -> {
            int row = task % down; // blocks of the same columns follow each other
            int column = task / down;
            var products = column == across - 1 ? edge : inside;
            products[row == down - 1 ? 1 : 0].run(
                    a + bytes * row * height * matmulShape.aRow(),
                    b + bytes * column * width * matmulShape.bColumn(),
                    c + Float.BYTES * (row * height * matmulShape.cRow() + (long) column * width),
                    scratchpad);
        });
    }

    private static int width(int columns) {
        int across = (columns + COLUMNS - 1) / COLUMNS;
        int even = Math.max(LEAST_ACROSS, (across + 1) / 2 * 2);
        return Math.min(columns, ((columns + even - 1) / even + STEP - 1) / STEP * STEP);
    }
}
