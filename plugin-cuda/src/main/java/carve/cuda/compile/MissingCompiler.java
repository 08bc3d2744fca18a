package carve.cuda.compile;

import carve.api.device.DeviceException;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelSource;

/** What is asked for kernels that were not packed, where there is neither NVRTC nor nvcc. */
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
        throw new DeviceException(
                "cuda: %s was not packed for %s, and there is nothing to compile it with: install NVRTC"
                        .formatted(kernelSource.name(), architecture));
    }
}
