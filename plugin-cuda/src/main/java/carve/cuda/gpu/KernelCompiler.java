package carve.cuda.gpu;

/** Makes what {@link GpuDriver#loadModule} takes from CUDA C++. */
public interface KernelCompiler {
    /** Returns whether there is anything that compiles: what was packed is all there is otherwise. */
    default boolean isAvailable() {
        return true;
    }

    /** Returns who compiles, with its version: what compiled kernels are only good for. */
    String version();

    /**
     * Returns the compiled kernels for an architecture.
     *
     * @throws carve.api.device.DeviceException with the compiler's own words if it refuses
     */
    byte[] compile(KernelSource kernelSource, String architecture);
}
