package carve.api.tensor;

/**
 * The bookkeeping that every device carries: its open scopes and its choices of kernels. A device makes one and returns it
 * from {@link carve.api.device.Device#context()}.
 */
public final class DeviceContext {
    private final ScopeStack scopes = new ScopeStack();
    private final KernelDispatch kernels = new KernelDispatch();

    /** Makes the context of a new device. */
    public DeviceContext() {}

    /** Returns the open scopes, which own the device's buffers. */
    public ScopeStack scopes() {
        return scopes;
    }

    /** Returns the choice between kernels and references. */
    public KernelDispatch kernels() {
        return kernels;
    }
}
