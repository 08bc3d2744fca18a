package carve.cuda;

/** Makes what {@link Driver#load} takes from CUDA C++. */
interface Compiler {
    /** Returns whether there is anything that compiles: what was packed is all there is otherwise. */
    default boolean compiles() {
        return true;
    }

    /** Returns who compiles, with its version: what compiled kernels are only good for. */
    String version();

    /**
     * Returns the compiled kernels for an architecture.
     *
     * @throws carve.api.device.DeviceException with the compiler's own words if it refuses
     */
    byte[] compile(Source source, String architecture);
}
