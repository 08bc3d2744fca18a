package carve.cuda.gpu;

/** A compiler from CUDA C++ to images that {@link GpuDriver#loadModule} takes. */
public interface KernelCompiler {
    /** Returns whether it can compile; if not, there are only prebuilt kernels. */
    default boolean isAvailable() {
        return true;
    }

    /** Returns the compiler's name and version, which cached kernels are valid for. */
    String version();

    /**
     * Returns the compiled kernels for an architecture.
     *
     * @throws carve.api.device.DeviceException with the compiler's message if it refuses
     */
    byte[] compile(KernelSource kernelSource, String architecture);
}
