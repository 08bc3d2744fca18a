/** Side-by-side measurements of devices and models. */
module carve.bench {
    requires carve.api;
    requires jdk.incubator.vector;

    uses carve.api.device.DeviceProvider;
}
