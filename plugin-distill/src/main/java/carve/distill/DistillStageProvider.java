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

/** Makes {@code distill} stages, in which a student learns from a teacher. */
public final class DistillStageProvider implements StageProvider {
    @Override
    public String name() {
        return "distill";
    }

    @Override
    public Stage create(Settings settings, StageComponents parts) {
        return new TrainingStage(
                TrainingConfig.from(
                        settings,
                        parts,
                        new TrainingConfig.LossDefaults(
                                settings.enumConstant("forcing", LayerInputs.class),
                                settings.enumConstant("layers", LayerReduction.class))),
                settings.enumConstant("pads", PaddingMask.class),
                settings.flag("recompute"),
                ChunkedLogitsLoss.from(settings));
    }
}
