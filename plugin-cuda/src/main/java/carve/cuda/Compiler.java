package carve.cuda;

/** Makes what {@link Driver#load} takes from CUDA C++. */
interface Compiler {
    /** Returns who compiles, with its version: what compiled kernels are only good for. */
    String version();

    /**
     * Returns the compiled kernels for an architecture.
     *
     * @throws carve.api.device.DeviceException with the compiler's own words if it refuses
     */
    byte[] compile(Source source, String architecture);
}
