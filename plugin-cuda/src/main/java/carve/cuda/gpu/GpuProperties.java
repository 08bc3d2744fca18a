package carve.cuda.gpu;

/**
 * The properties of a GPU.
 *
 * @param name the model
 * @param architecture what compilers call it, such as {@code sm_90}
 * @param memoryBytes bytes of memory
 * @param multiprocessors multiprocessors
 */
public record GpuProperties(String name, String architecture, long memoryBytes, int multiprocessors) {
    private static final int AMPERE = 80;
    private static final long ENOUGH = 4L << 30;

    /** Returns its compute capability as a number: 90 for {@code sm_90}. */
    int computeCapability() {
        return Integer.parseInt(architecture.replaceAll("[^0-9]", ""));
    }

    /** Returns whether it is of an architecture that the prebuilt kernels are made for. */
    public boolean isAmpereOrNewer() {
        return computeCapability() >= AMPERE;
    }

    /** Returns whether there is memory for models of some size and their activations. */
    public boolean hasEnoughMemory() {
        return memoryBytes >= ENOUGH;
    }

    @Override
    public String toString() {
        return "%s (%s, %s)".formatted(name, architecture, MemoryPool.formatBytes(memoryBytes));
    }
}
