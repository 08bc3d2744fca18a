package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.testkit.StageContract;

/** The laws of stages, where the student runs end to end and several losses are summed. */
final class EndToEndStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return TestCatalogs.stage(
                "type = distill, name = imitate, start = any, steps = 10, checkpoint-every = 5, batch-size = 3,"
                        + " train = [\"layers.*.mixer.**\", final_norm.weight], among = all, losses = [{ type = kl },"
                        + " { type = mean-square, at = output, weight = 0.1 }, { type = cross-entropy, weight = 0.5 }],"
                        + " schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "final_norm.weight");
    }
}
