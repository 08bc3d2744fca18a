package carve.distill;

import carve.api.config.Settings;
import carve.api.stage.Stage;
import carve.api.stage.StageParts;
import carve.api.stage.StageProvider;
import carve.distill.training.Forcing;
import carve.distill.training.OverLayers;
import carve.distill.training.TrainingSettings;

/** Makes {@code distill} stages, in which a student learns from a teacher. */
public final class DistillStageProvider implements StageProvider {
    @Override
    public String name() {
        return "distill";
    }

    @Override
    public Stage create(Settings settings, StageParts parts) {
        return new DistillStage(
                TrainingSettings.from(
                        settings,
                        parts,
                        new TrainingSettings.Defaults(
                                settings.word("forcing", Forcing.class),
                                settings.word("layers", OverLayers.class))),
                settings.word("pads", Pads.class),
                settings.flag("recompute"),
                Vocabulary.from(settings));
    }
}
