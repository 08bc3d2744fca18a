package carve.cuda;

import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.MatmulPrecision;

/** Devices that compute on the processor with the kernels of the card. */
public final class EmulatedDevices {
    private EmulatedDevices() {}

    /** Returns a new device; where there is no C++ compiler, the test is left out and says so. */
    public static CudaDevice open() {
        return open(new EmulatedDriver(), false);
    }

    public static CudaDevice open(GpuDriver gpuDriver, boolean graphs) {
        EmulatorCompiler.isNeeded();
        var config = new CudaConfig(0, MatmulPrecision.F32, false, graphs, "", "");
        return new CudaDevice(gpuDriver, new EmulatorCompiler(), config, (gpuStream, own) -> own);
    }
}
