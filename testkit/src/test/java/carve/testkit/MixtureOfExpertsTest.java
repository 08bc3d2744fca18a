package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class MixtureOfExpertsTest {
    private static final GatedUnit SILU = new GatedUnit.Plain(Activation.SILU);
    private static final int HIDDEN = 24;

    /** The router's weights are large: a small step of theirs, or of the input, changes no choice. */
    private abstract static class MixtureContract extends FeedForwardContract {
        @Override
        protected Init initialValues(ParamSpec spec) {
            return spec.name().startsWith("router.") ? Init.normal(1) : spec.init();
        }
    }

    private static Experts experts(int count) {
        return new Experts(count, HIDDEN, 7, SILU, false);
    }

    @Nested
    final class Mixtral extends MixtureContract {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(new Router(HIDDEN, 5, new TopKRouting(2, Scoring.SOFTMAX, true)), experts(5));
        }
    }

    @Nested
    final class Qwen2WithSharedExpert extends MixtureContract {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(
                    new Router(HIDDEN, 5, new TopKRouting(2, Scoring.SOFTMAX, false)),
                    experts(5),
                    Mlp.swiGlu(HIDDEN, 11),
                    true);
        }
    }

    @Nested
    final class GptOss extends MixtureContract {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(
                    new Router(HIDDEN, 4, new TopKRouting(2, Scoring.SOFTMAX_OF_CHOSEN, false), true, false),
                    new Experts(4, HIDDEN, 7, new GatedUnit.Clamped(1.702, 0.9), true));
        }
    }

    @Nested
    final class DeepSeekV3 extends MixtureContract {
        @Override
        protected FeedForward feedForward() {
            return new MixtureOfExperts(
                    new Router(HIDDEN, 8, new TopKRouting(2, Scoring.SIGMOID, true, 2.5, 4, 2, 2), false, true),
                    experts(8),
                    Mlp.swiGlu(HIDDEN, 7),
                    false);
        }
    }

    @Test
    void refusesPartsThatDoNotFit() {
        var router = new Router(HIDDEN, 4, new TopKRouting(2, Scoring.SOFTMAX, true));
        assertEquals(
                "mixture of experts: the router has 4 experts of width 24, there are 5 of 24",
                assertThrows(IllegalArgumentException.class, () -> new MixtureOfExperts(router, experts(5)))
                        .getMessage());
        assertEquals(
                "mixture of experts: a gate of a shared part, but no shared part",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new MixtureOfExperts(router, experts(4), FeedForward.NONE, true))
                        .getMessage());
        assertEquals(
                "router: 1 experts, hidden=24, cannot be chosen from by " + router.routing(),
                assertThrows(IllegalArgumentException.class, () -> new Router(HIDDEN, 1, router.routing()))
                        .getMessage());
    }
}
