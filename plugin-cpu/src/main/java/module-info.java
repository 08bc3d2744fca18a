/** The device that every machine has. */
module carve.cpu {
    requires transitive carve.api;
    requires jdk.incubator.vector;

    exports carve.cpu;
    exports carve.cpu.config;

    provides carve.api.device.DeviceProvider with
            carve.cpu.CpuDeviceProvider;
}
