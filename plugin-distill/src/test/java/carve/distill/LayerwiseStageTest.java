package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.runtime.train.TrainingStage;
import carve.testkit.StageContract;

/** The laws of stages, where layers learn alone. */
final class LayerwiseStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return training().stage();
    }

    @Override
    protected TrainingStage training() {
        return TestCatalogs.stage(
                "type = distill, name = align, inputs = teacher, start-from = any, steps = 10, checkpoint-steps = 5,"
                        + " batch-size = 2, gradient-accumulation-steps = 2, length-bucket-batches = 3, train = [\"layers.*.mixer.**\", \"!**.o_proj.**\"],"
                        + " losses = [{ type = mean-squared-error }], schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "!**.o_proj.**");
    }
}
