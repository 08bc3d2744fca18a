package carve.testkit;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.tensor.Tensor;
import java.util.EnumSet;
import java.util.Set;

/** The contract of losses, tried with a small loss that keeps it. */
final class SquareLossTest extends LossContract {
    /** The sum over the elements of a position of the squared difference. */
    private record SquareLoss(Reduction reduction) implements Loss {
        private SquareLoss {
            if (reduction == Reduction.MEAN) {
                throw new IllegalArgumentException("square loss: there are tokens, batch and sum");
            }
        }

        @Override
        public Site site() {
            return Site.HEADS;
        }

        @Override
        public double weight() {
            return 1;
        }

        @Override
        public boolean needsTeacher() {
            return true;
        }

        @Override
        public Tensor compute(LossInputs lossInputs) {
            Tensor mask = lossInputs.mask();
            Tensor difference = lossInputs.student().subtract(lossInputs.teacher());
            Tensor values = difference
                    .multiply(difference)
                    .reshape(mask.extent(0), mask.extent(1), -1)
                    .sum(2);
            Tensor sum = values.reshape(mask.shape()).multiply(mask).sum();
            return switch (reduction) {
                case SUM, MEAN -> sum;
                case BATCH_MEAN -> sum.multiply(1.0 / mask.extent(0));
                case TOKEN_MEAN -> sum.divide(mask.sum());
            };
        }
    }

    @Override
    protected Loss loss(Reduction reduction) {
        return new SquareLoss(reduction);
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
