/** The NVIDIA device. */
module carve.cuda {
    requires transitive carve.api;

    provides carve.api.device.DeviceProvider with
            carve.cuda.CudaDeviceProvider;
}
