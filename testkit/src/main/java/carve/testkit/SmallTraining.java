package carve.testkit;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.op.AdamW;
import carve.api.stage.Optimizer;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.train.BatchConfig;
import carve.runtime.train.ChunkedLogitsLoss;
import carve.runtime.train.LayerWeighting;
import carve.runtime.train.LoraConfig;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingConfig.LoggingConfig;
import carve.runtime.train.TrainingConfig.StartFrom;
import java.util.List;

/** A small training run for tests of stages: a few steps of Adam at a constant learning rate, and a loss. */
public final class SmallTraining {
    private SmallTraining() {}

    /** Adam without weight decay. */
    private record Adam(double learningRate) implements Optimizer {
        @Override
        public List<String> moments() {
            return List.of("mean", "square-mean");
        }

        @Override
        public List<Tensor> step(
                String name, Tensor parameter, Tensor gradient, List<Tensor> moments, double rate, long step) {
            return Tensors.apply(
                    new AdamW(rate, 0.9, 0.999, 1e-8, 0, step), parameter, gradient, moments.get(0), moments.get(1));
        }
    }

    /** The mean of the squared differences between student and teacher at a site. */
    private record SquaredDifference(Site site) implements Loss {
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
            Tensor squares = difference.multiply(difference).reshape(mask.extent(0), mask.extent(1), -1);
            return Reduction.TOKEN_MEAN.reduce(squares.mean(2).reshape(mask.shape()), mask);
        }
    }

    /** Returns a loss that compares student and teacher at a site. */
    public static Loss loss(Site site) {
        return new SquaredDifference(site);
    }

    /**
     * Returns the settings of a run in batches of two rows.
     *
     * @param steps the number of steps
     * @param checkpointSteps steps between two checkpoints
     */
    public static TrainingConfig config(int steps, int checkpointSteps) {
        return new TrainingConfig(
                StartFrom.ANY,
                new Adam(1e-2),
                _ -> 1,
                steps,
                1,
                1,
                LoraConfig.NONE,
                0,
                false,
                LayerWeighting.ABSOLUTE,
                new ChunkedLogitsLoss(0),
                new BatchConfig(2, 1, 0, 42, 1),
                new LoggingConfig(checkpointSteps, 2, 1, false));
    }
}
