package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.testkit.StageContract;

/** The laws of stages, where layers learn from the teacher's inputs and the whole end to end in the same step, with dropout. */
final class CombinedStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return TestCatalogs.stage(
                "type = distill, name = single, start = any, steps = 10, checkpoint-every = 5, batch-size = 3,"
                        + " accumulation = 2, dropout = 0.1, pads = blank, among = except-kept,"
                        + " train = [\"layers.*.mixer.**\", final_norm.weight],"
                        + " losses = [{ type = frobenius, forcing = teacher, layers = sum },"
                        + " { type = kl, at = hidden, forcing = student }, { type = kl }],"
                        + " schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "final_norm.weight");
    }
}
