package carve.cpu;

import carve.api.device.Device;
import carve.cpu.config.CpuConfig;
import carve.testkit.KernelContract;
import java.util.Set;

final class CpuKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true));
    }

    @Override
    protected Set<String> kernels() {
        return Set.of(
                "adamw",
                "causal-conv",
                "cross-entropy",
                "decay-scan",
                "gated-rms-norm",
                "grouped-linear",
                "kl-divergence",
                "layer-norm",
                "linear",
                "rms-norm",
                "rope",
                "softmax-attention",
                "swiglu",
                "top-k-routing");
    }
}
