package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import carve.testkit.LossContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The laws of {@code jensen-shannon} in both forms, and what they make of distributions that have nothing in common. */
final class JensenShannonLossTest {
    private static Loss loss(String form, String mask, Reduction reduction) {
        return TestParts.loss("type = jensen-shannon, temperature = 2, form = %s, mask = %s, reduction = %s"
                .formatted(form, mask, TestParts.word(reduction)));
    }

    @Nested
    final class Standard extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return JensenShannonLossTest.loss("standard", "all", reduction);
        }

        @Override
        protected CountedPositions countedPositions(Reduction reduction) {
            return CountedPositions.ALL;
        }
    }

    @Nested
    final class Reversed extends LossContract {
        @Override
        protected Loss loss(Reduction reduction) {
            return JensenShannonLossTest.loss("reversed", "non-padding", reduction);
        }

        @Override
        protected CountedPositions countedPositions(Reduction reduction) {
            return CountedPositions.NON_PADDING;
        }

        @Override
        protected Set<Reduction> reductions() {
            return EnumSet.complementOf(EnumSet.of(Reduction.MEAN));
        }
    }

    private static double apart(Device device, String form) {
        Shape shape = Shape.of(1, 1, 2);
        Tensor one = Tensors.of(device, shape, 100f, 0f);
        Tensor other = Tensors.of(device, shape, 0f, 100f);
        Tensor none = Tensors.of(device, Shape.of(1, 1), -100);
        return TestParts.loss("type = jensen-shannon, form = " + form)
                .compute(new LossInputs(one, other, none, Tensors.ones(device, Shape.of(1, 1))))
                .item();
    }

    @Test
    void onlyTheStandardFormHasALimit() {
        try (Device device = new ReferenceDevice()) {
            assertEquals(Math.log(2), apart(device, "standard"), 1e-6);
            assertTrue(apart(device, "reversed") > 40);
        }
    }
}
