package carve.cuda.kernels;

import carve.api.device.KernelTarget;

/** A GPU as the kernels of this package see it. */
public interface GpuKernelTarget extends KernelTarget {
    /** Returns the stream, the properties and the products that kernels share. */
    KernelContext context();
}
