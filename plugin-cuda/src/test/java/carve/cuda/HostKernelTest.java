package carve.cuda;

import carve.api.device.Device;
import carve.testkit.KernelContract;
import java.util.Set;

/** The fused ops' kernels, compiled for the processor. */
final class HostKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return HostDevices.open();
    }

    @Override
    protected Set<String> kernels() {
        return Set.of(
                "adamw",
                "causal-conv",
                "cross-entropy",
                "decay-scan",
                "gated-rms-norm",
                "kl-divergence",
                "layer-norm",
                "linear",
                "rms-norm",
                "rope",
                "softmax-attention",
                "swiglu");
    }
}
