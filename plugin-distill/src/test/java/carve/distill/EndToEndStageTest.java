package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.runtime.train.TrainingStage;
import carve.testkit.StageContract;

/** The laws of stages, where the student runs end to end and several losses are summed. */
final class EndToEndStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return training().stage();
    }

    @Override
    protected TrainingStage training() {
        return TestCatalogs.stage(
                "type = distill, name = imitate, start-from = any, steps = 10, checkpoint-steps = 5, batch-size = 3,"
                        + " train = [\"layers.*.mixer.**\", final_norm.weight], train-scope = all, losses = [{ type = kl },"
                        + " { type = mean-squared-error, site = output, weight = 0.1 }, { type = cross-entropy, weight = 0.5 }],"
                        + " schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "final_norm.weight");
    }
}
