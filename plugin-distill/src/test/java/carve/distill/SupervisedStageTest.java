package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.testkit.StageContract;

/** The laws of stages, without a teacher and with activations computed again. */
final class SupervisedStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return TestCatalogs.stage("type = supervised, name = learn, steps = 10, checkpoint-every = 5, batch-size = 3,"
                + " recompute = true, schedule { type = cosine, warmup = 0 }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("**");
    }
}
