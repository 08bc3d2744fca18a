package carve.distill;

import carve.api.config.Settings;
import carve.api.stage.Stage;
import carve.api.stage.StageParts;
import carve.api.stage.StageProvider;
import carve.distill.training.Forcing;
import carve.distill.training.OverLayers;
import carve.distill.training.TrainingSettings;

/** Makes {@code supervised} stages, in which a model learns from the answers of its data alone. */
public final class SupervisedStageProvider implements StageProvider {
    @Override
    public String name() {
        return "supervised";
    }

    @Override
    public Stage create(Settings settings, StageParts parts) {
        TrainingSettings training =
                TrainingSettings.from(settings, parts, new TrainingSettings.Defaults(Forcing.NONE, OverLayers.MEAN));
        boolean recompute = settings.flag("recompute");
        Vocabulary vocabulary = Vocabulary.from(settings);
        training.terms().stream()
                .filter(term -> term.loss().needsTeacher())
                .findFirst()
                .ifPresent(term -> {
                    throw settings.error(
                            "losses",
                            "has %s, which compares with a teacher; use a distill stage, or cross-entropy"
                                    .formatted(term.label()));
                });
        return new DistillStage(training, Pads.MASKED, recompute, vocabulary);
    }
}
