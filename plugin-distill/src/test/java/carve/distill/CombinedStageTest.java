package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.runtime.train.TrainingStage;
import carve.testkit.StageContract;

/** The laws of stages, where layers learn from the teacher's inputs and the whole end to end in the same step, with dropout. */
final class CombinedStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return training().stage();
    }

    @Override
    protected TrainingStage training() {
        return TestCatalogs.stage(
                "type = distill, name = single, start-from = any, steps = 10, checkpoint-steps = 5, batch-size = 3,"
                        + " gradient-accumulation-steps = 2, dropout = 0.1, padding-mask = keys, train-scope = not-kept,"
                        + " train = [\"layers.*.mixer.**\", final_norm.weight],"
                        + " losses = [{ type = frobenius, inputs = teacher, layer-reduction = sum },"
                        + " { type = kl, site = hidden, inputs = student }, { type = kl }],"
                        + " schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "final_norm.weight");
    }
}
