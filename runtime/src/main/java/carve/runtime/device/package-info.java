/**
 * Selection of a device among the installed ones.
 *
 * {@snippet :
 * DeviceSelector selector = DeviceSelector.of(catalogs, DeviceSelector.AUTO, KernelPolicy.PREFERRED);
 * selector.probe().forEach(probe -> System.out.println(probe.name() + " " + probe.availability()));
 * try (Device device = selector.open()) {
 *     System.out.println(device.name());
 * }
 * }
 *
 * <p>{@link carve.runtime.device.ReferenceDeviceProvider} provides the reference device, which is available everywhere and slow.
 */
package carve.runtime.device;
