/** The NVIDIA device. */
module carve.cuda {
    requires transitive carve.api;

    exports carve.cuda;

    provides carve.api.device.DeviceProvider with
            carve.cuda.CudaDeviceProvider;
}
