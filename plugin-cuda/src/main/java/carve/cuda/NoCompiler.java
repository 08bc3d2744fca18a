package carve.cuda;

import carve.api.device.DeviceException;

/** What is asked for kernels that were not packed, where there is neither NVRTC nor nvcc. */
final class NoCompiler implements Compiler {
    @Override
    public boolean compiles() {
        return false;
    }

    @Override
    public String version() {
        return "no compiler";
    }

    @Override
    public byte[] compile(Source source, String architecture) {
        throw new DeviceException(
                "cuda: %s was not packed for %s, and there is nothing to compile it with: install NVRTC"
                        .formatted(source.name(), architecture));
    }
}
