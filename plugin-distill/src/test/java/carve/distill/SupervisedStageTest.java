package carve.distill;

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.runtime.train.TrainingStage;
import carve.testkit.StageContract;

/** The laws of stages, without a teacher and with activations computed again. */
final class SupervisedStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return training().stage();
    }

    @Override
    protected TrainingStage training() {
        return TestCatalogs.stage("type = supervised, name = learn, steps = 10, checkpoint-steps = 5, batch-size = 3,"
                + " gradient-checkpointing = true, schedule { type = cosine, warmup = 0 }");
    }

    @Override
    protected Selector trains() {
        return Selector.of("**");
    }
}
