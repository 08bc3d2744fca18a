package carve.testkit;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The contract of losses, tried with one that takes probabilities, of a shape of its own. */
final class AttentionWeightsLossTest extends LossContract {
    private static final int HEADS = 2;
    private static final int KEYS = 4;

    /** The Kullback-Leibler divergence of attention weights {@code (B, T, H, K)}, a distribution over keys, summed over heads. */
    private record AttentionWeightsLoss(Reduction reduction) implements Loss {
        private AttentionWeightsLoss {
            if (reduction == Reduction.MEAN) {
                throw new IllegalArgumentException("attention weights: there are token-mean, batch-mean and sum");
            }
        }

        @Override
        public Site site() {
            return new Site.EachLayer("weights");
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
            // without the last two terms, whose sum is zero for distributions, the gradient would not vanish for equal
            // inputs
            Tensor divergence = lossInputs
                    .teacher()
                    .multiply(lossInputs
                            .teacher()
                            .log()
                            .subtract(lossInputs.student().log()))
                    .subtract(lossInputs.teacher())
                    .add(lossInputs.student());
            Tensor values = divergence
                    .reshape(mask.extent(0), mask.extent(1), HEADS * KEYS)
                    .sum(2);
            return reduction.reduce(values.reshape(mask.shape()), mask);
        }
    }

    @Override
    protected Loss loss(Reduction reduction) {
        return new AttentionWeightsLoss(reduction);
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return CountedPositions.NON_PADDING;
    }

    @Override
    protected Set<Reduction> reductions() {
        return EnumSet.complementOf(EnumSet.of(Reduction.MEAN));
    }

    @Override
    protected List<Integer> valueShape() {
        return List.of(HEADS, KEYS);
    }

    @Override
    protected double[] values(String name, Shape shape, int variant) {
        double[] values = RandomTensors.seeded().uniforms(name + variant, 0.5, 1.5, Math.toIntExact(shape.size()));
        for (int start = 0; start < values.length; start += KEYS) {
            double sum = 0;
            for (int i = start; i < start + KEYS; i++) {
                sum += values[i];
            }
            for (int i = start; i < start + KEYS; i++) {
                values[i] /= sum;
            }
        }
        return values;
    }
}
