package carve.distill;

import carve.api.config.Settings;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.Stage;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import carve.api.stage.TrainScope;

/** A factory of {@code supervised} stages, in which a model is trained on the answers of its data alone. */
public final class SupervisedStageProvider implements StageProvider {
    @Override
    public String name() {
        return "supervised";
    }

    @Override
    public Stage create(Settings settings, StageComponents components) {
        Stage stage = new Stage(
                Stage.train(settings),
                settings.enumConstant("train-scope", TrainScope.class),
                components.losses(settings, LayerInputs.OWN, LayerReduction.MEAN),
                PaddingMask.FULL);
        stage.losses().stream().filter(LossTerm::needsTeacher).findFirst().ifPresent(term -> {
            throw settings.error(
                    "losses",
                    "contains %s, which needs a teacher; use a distill stage, or the loss cross-entropy"
                            .formatted(term.label()));
        });
        return stage;
    }
}
