package carve.distill;

import carve.api.config.Settings;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.PaddingMask;
import carve.api.stage.Stage;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import carve.api.stage.TrainScope;

/** A factory of {@code distill} stages, in which a student imitates a teacher. */
public final class DistillStageProvider implements StageProvider {
    @Override
    public String name() {
        return "distill";
    }

    @Override
    public Stage create(Settings settings, StageComponents components) {
        return new Stage(
                Stage.train(settings),
                settings.enumConstant("train-scope", TrainScope.class),
                components.losses(
                        settings,
                        settings.enumConstant("inputs", LayerInputs.class),
                        settings.enumConstant("layer-reduction", LayerReduction.class)),
                settings.enumConstant("padding-mask", PaddingMask.class));
    }
}
