package carve.cuda;

/** Devices that compute on the processor with the kernels of the card. */
final class HostDevices {
    private HostDevices() {}

    /** Returns a new device; where there is no C++ compiler, the test is left out and says so. */
    static CudaDevice open() {
        return open(new HostDriver(), false);
    }

    static CudaDevice open(Driver driver, boolean graphs) {
        HostCompiler.isNeeded();
        var config = new CudaConfig(0, CudaConfig.Products.F32, false, graphs, "", "");
        return new CudaDevice(driver, new HostCompiler(), config, (stream, own) -> own);
    }
}
