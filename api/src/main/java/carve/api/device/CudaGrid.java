package carve.api.device;

/**
 * The blocks of a launch of a {@link CudaTarget}, along three axes.
 *
 * @param x blocks along the first axis, {@code blockIdx.x}; at least 1
 * @param y blocks along the second, 1 to 65,535
 * @param z blocks along the third, 1 to 65,535
 */
public record CudaGrid(int x, int y, int z) {
    private static final int MOST = 1 << 14;
    private static final int LIMIT = 65_535;

    /** Checks that there are blocks. */
    public CudaGrid {
        if (x < 1 || y < 1 || z < 1 || y > LIMIT || z > LIMIT) {
            throw new IllegalArgumentException(
                    "a grid has at least 1 block along each axis, and at most %d along y and z; found %d, %d, %d"
                            .formatted(LIMIT, x, y, z));
        }
    }

    /** Returns blocks along one axis. */
    public static CudaGrid of(int blocks) {
        return new CudaGrid(blocks, 1, 1);
    }

    /** Returns blocks with a thread for each of so many elements, or fewer blocks whose threads take several. */
    public static CudaGrid over(long elements) {
        return of(Math.clamp((elements + CudaTarget.THREADS - 1) / CudaTarget.THREADS, 1, MOST));
    }
}
