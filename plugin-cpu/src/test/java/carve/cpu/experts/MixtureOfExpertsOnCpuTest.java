package carve.cpu.experts;

import carve.api.device.Device;
import carve.api.experts.Experts;
import carve.api.experts.GatedUnit;
import carve.api.experts.MixtureOfExperts;
import carve.api.experts.Router;
import carve.api.model.Activation;
import carve.api.model.FeedForward;
import carve.api.model.Mlp;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.testkit.FeedForwardContract;
import org.junit.jupiter.api.Nested;

/** A row has the same bits alone and among others, whatever experts those choose. */
final class MixtureOfExpertsOnCpuTest {
    private abstract static class OnCpu extends FeedForwardContract {
        @Override
        protected Device open() {
            return new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true));
        }

        /** The router's weights are large: a small step of theirs, or of the input, changes no choice. */
        @Override
        protected Init initialValues(ParamSpec spec) {
            return spec.name().startsWith("router.") ? Init.normal(1) : spec.init();
        }
    }

    @Nested
    final class WithSharedExpert extends OnCpu {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(
                    new Router(hidden(), 8, new TopKRouting(2, Scoring.SIGMOID, true, 2.5, 4, 2, 2), false, true),
                    new Experts(8, hidden(), 7, new GatedUnit.Plain(Activation.SILU), false),
                    Mlp.swiGlu(hidden(), 7),
                    true);
        }
    }

    @Nested
    final class WithBiases extends OnCpu {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(
                    new Router(hidden(), 4, new TopKRouting(2, Scoring.SOFTMAX_OF_CHOSEN, false), true, false),
                    new Experts(4, hidden(), 7, new GatedUnit.Clamped(1.702, 0.9), true));
        }
    }
}
