package carve.cuda;

import carve.testkit.KernelContract;
import java.util.Set;

/** The device has a kernel for every fused op. */
abstract class CudaKernelContract extends KernelContract {
    @Override
    protected Set<String> kernels() {
        return Set.of(
                "adamw",
                "causal-conv",
                "cross-entropy",
                "decay-scan",
                "gated-rms-norm",
                "gelu",
                "grouped-linear",
                "kl-divergence",
                "layer-norm",
                "linear",
                "rms-norm",
                "rope",
                "sample-token",
                "softmax-attention",
                "swiglu",
                "top-k-routing");
    }
}
