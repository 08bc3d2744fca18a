/**
 * What holds tensors and computes with them.
 *
 * <p>A device is an implementation of {@link carve.api.device.Device} with a {@link carve.api.device.DeviceProvider},
 * declared in its module: {@code provides carve.api.device.DeviceProvider with my.device.Provider}. It must compute each
 * primitive as {@link carve.api.device.ReferenceDevice} defines it; for fused ops it may offer a {@link
 * carve.api.device.Kernel}, and where it offers none, the op's definition runs on its primitives. A device is finished
 * when a test of its that extends {@code DeviceContract} and {@code KernelContract} of {@code carve.testkit} is green.
 *
 * <p>Kernels for somebody else's device, the processor's or CUDA's, are offered by a {@link
 * carve.api.device.KernelProvider}; a device that lets them run asks a {@link carve.api.device.KernelCatalog}.
 */
package carve.api.device;
