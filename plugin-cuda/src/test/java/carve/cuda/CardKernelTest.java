package carve.cuda;

import carve.api.device.Device;
import carve.testkit.KernelContract;
import java.util.Set;
import org.junit.jupiter.api.Tag;

/** The fused ops' kernels on a card. */
@Tag("gpu")
final class CardKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return Cards.open();
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
