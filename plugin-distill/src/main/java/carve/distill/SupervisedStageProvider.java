package carve.distill;

import carve.api.config.Settings;
import carve.api.stage.Stage;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import carve.runtime.train.ChunkedLogitsLoss;
import carve.runtime.train.LayerInputs;
import carve.runtime.train.LayerReduction;
import carve.runtime.train.PaddingMask;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingStage;

/** Makes {@code supervised} stages, in which a model learns from the answers of its data alone. */
public final class SupervisedStageProvider implements StageProvider {
    @Override
    public String name() {
        return "supervised";
    }

    @Override
    public Stage create(Settings settings, StageComponents parts) {
        TrainingConfig training = TrainingConfig.from(
                settings, parts, new TrainingConfig.LossDefaults(LayerInputs.NONE, LayerReduction.MEAN));
        boolean recompute = settings.flag("recompute");
        ChunkedLogitsLoss chunkedLogitsLoss = ChunkedLogitsLoss.from(settings);
        training.terms().stream()
                .filter(lossTerm -> lossTerm.loss().needsTeacher())
                .findFirst()
                .ifPresent(lossTerm -> {
                    throw settings.error(
                            "losses",
                            "has %s, which compares with a teacher; use a distill stage, or cross-entropy"
                                    .formatted(lossTerm.label()));
                });
        return new TrainingStage(training, PaddingMask.MASKED, recompute, chunkedLogitsLoss);
    }
}
