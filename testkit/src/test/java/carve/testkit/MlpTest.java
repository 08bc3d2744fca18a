package carve.testkit;

import carve.api.model.Activation;
import carve.api.model.FeedForward;
import carve.api.model.Mlp;
import org.junit.jupiter.api.Nested;

final class MlpTest {
    @Nested
    final class SwiGluForm extends FeedForwardContract {
        @Override
        protected FeedForward feedForward() {
            return Mlp.swiGlu(hidden(), 13);
        }
    }

    @Nested
    final class GatedWithBias extends FeedForwardContract {
        @Override
        protected FeedForward feedForward() {
            return new Mlp(Activation.GELU_TANH, true, hidden(), 13, true);
        }
    }

    @Nested
    final class PlainWithBias extends FeedForwardContract {
        @Override
        protected FeedForward feedForward() {
            return new Mlp(Activation.GELU, false, hidden(), 13, true);
        }
    }
}
