package carve.api.device;

/**
 * A device that runs functions in CUDA C++. It compiles a plugin's source by its own compiler when a function of it is first
 * launched, and keeps what was compiled as it keeps its own.
 *
 * <pre>{@code
 * private static final CudaSource SOURCE = CudaSource.of(Square.class.getModule(), "square.cu");
 *
 * Tensor y = target.allocate(x.type());
 * long n = x.shape().size();
 * target.launch(SOURCE, "square_forward", CudaGrid.over(n), x, y, n);
 * }</pre>
 *
 * <p>In the file: {@code #include "carve.cuh"}, which has {@code i64}, {@code first()} and {@code stride()} for loops over
 * elements, {@code block_sum} and the like; {@code extern "C" __global__ void square_forward(const float* x, float* y, i64 n)}.
 */
public interface CudaTarget extends KernelTarget {
    /** The threads of every block. */
    int THREADS = 256;

    /**
     * Launches a function, after all earlier launches and before all later ones.
     *
     * @param source where the function is
     * @param function its name, {@code extern "C"}
     * @param grid the blocks, of {@link #THREADS} threads each
     * @param arguments in the order of the function's parameters: a {@link carve.api.tensor.Tensor} of this device is a
     *     pointer to its values, Long is {@code long long}, Integer {@code int}, Float {@code float}
     * @throws DeviceException with the compiler's message if it refuses the source
     */
    void launch(CudaSource source, String function, CudaGrid grid, Object... arguments);
}
