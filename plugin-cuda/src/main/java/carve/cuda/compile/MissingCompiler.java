package carve.cuda.compile;

import carve.api.device.DeviceException;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelSource;

/** The compiler where there is neither NVRTC nor nvcc: it refuses kernels that are not prebuilt. */
public final class MissingCompiler implements KernelCompiler {
    @Override
    public boolean isAvailable() {
        return false;
    }

    @Override
    public String version() {
        return "no compiler";
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        throw new DeviceException("cuda: no prebuilt kernel %s for %s, and no compiler found; install NVRTC"
                .formatted(kernelSource.name(), architecture));
    }
}
