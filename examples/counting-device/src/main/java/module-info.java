/** The device {@code counting}, which has another do the work and counts what it does. */
module examples.countingdevice {
    requires carve.api;

    provides carve.api.device.DeviceProvider with
            examples.countingdevice.CountingDeviceProvider;
}
