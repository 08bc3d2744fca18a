package carve.api.device;

/** The choice between kernels of a device and the references of fused ops. */
public enum KernelPolicy {
    /** A kernel where the device has one, the reference elsewhere. */
    PREFERRED,
    /** The reference always. */
    OFF,
    /** A kernel always; an op without one is an error, unless its kernel {@linkplain
     * carve.api.tensor.FusedOp#isKernelOptional() is optional}. */
    REQUIRED
}
