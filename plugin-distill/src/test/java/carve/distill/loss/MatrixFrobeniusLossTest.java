package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The laws of {@code matrix-frobenius}, a mean over rows, with each mask; and its figures. */
final class MatrixFrobeniusLossTest {
    // norms of matrices grow with neither the number of rows nor that of heads
    private abstract static class Masked extends LossContract {
        private final String mask;
        private final CountedPositions countedPositions;

        Masked(String mask, CountedPositions countedPositions) {
            this.mask = mask;
            this.countedPositions = countedPositions;
        }

        @Override
        protected Loss loss(Reduction reduction) {
            if (reduction != Reduction.BATCH_MEAN) {
                return TestParts.loss("type = matrix-frobenius, reduction = " + TestParts.word(reduction));
            }
            return TestParts.loss("type = matrix-frobenius, mask = " + mask);
        }

        @Override
        protected CountedPositions countedPositions(Reduction reduction) {
            return countedPositions;
        }

        @Override
        protected Set<Reduction> reductions() {
            return EnumSet.of(Reduction.BATCH_MEAN);
        }

        @Override
        protected List<Integer> valueShape() {
            return List.of(2, 5);
        }

        @Override
        protected Tensor atSite(Tensor values) {
            return values.permute(0, 2, 1, 3);
        }
    }

    @Nested
    final class OverAll extends Masked {
        OverAll() {
            super("all", LossContract.CountedPositions.ALL);
        }
    }

    @Nested
    final class WithoutPadding extends Masked {
        WithoutPadding() {
            super("non-padding", LossContract.CountedPositions.NON_PADDING);
        }
    }

    @Nested
    final class OverAnswers extends Masked {
        OverAnswers() {
            super("answers", LossContract.CountedPositions.ANSWERS);
        }
    }

    // of two heads: differences 3 and 4 have the norm 5; the other head's 2 is at a position that does not count
    @Test
    void normsAreThoseOfHeadsAndTheirMean() {
        try (Device device = new ReferenceDevice()) {
            Tensor student = Tensors.of(device, Shape.of(1, 2, 2, 2), 3f, 4f, 0f, 0f, 0f, 0f, 2f, 0f);
            Tensor teacher = Tensors.zeros(device, Shape.of(1, 2, 2, 2));
            Tensor targets = Tensors.of(device, Shape.of(1, 2), 1, 1);
            Tensor mask = Tensors.of(device, Shape.of(1, 2), 1f, 0f);
            LossInputs inputs = new LossInputs(student, teacher, targets, mask);
            assertEquals(
                    2.5,
                    TestParts.loss("type = matrix-frobenius").compute(inputs).item(),
                    1e-6);
            assertEquals(
                    3.5,
                    TestParts.loss("type = matrix-frobenius, mask = all")
                            .compute(inputs)
                            .item(),
                    1e-6);
        }
    }
}
