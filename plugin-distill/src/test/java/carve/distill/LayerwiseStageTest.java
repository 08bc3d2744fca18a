package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.testkit.StageContract;

/** The laws of stages, where layers learn alone. */
final class LayerwiseStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return TestCatalogs.stage(
                "type = distill, name = align, forcing = teacher, start = any, steps = 10, checkpoint-every = 5,"
                        + " batch-size = 2, accumulation = 2, bucket = 3, train = [\"layers.*.mixer.**\", \"!**.o_proj.**\"],"
                        + " losses = [{ type = mean-square }], schedule { type = constant }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.*.mixer.**", "!**.o_proj.**");
    }
}
