/**
 * Devices, which hold tensors and compute with them, and their kernels.
 *
 * <p>A device is an implementation of {@link carve.api.device.Device} with a {@link carve.api.device.DeviceProvider},
 * declared in its module: {@code provides carve.api.device.DeviceProvider with my.device.Provider}. It must compute each
 * primitive as {@link carve.api.device.ReferenceDevice} defines it; for fused ops it may have a {@link
 * carve.api.device.Kernel}, and where it has none, the op's reference runs on its primitives. The parts that devices share are
 * in {@link carve.api.device.kit}. A device is finished
 * when a test of its that extends {@code DeviceContract} and {@code KernelContract} of {@code carve.testkit} is green.
 *
 * <p>Kernels come from a {@link carve.api.device.KernelProvider}: a device's own, and those of plugins for devices that are not
 * theirs, which are in a {@link carve.api.device.KernelCatalog}.
 */
package carve.api.device;
