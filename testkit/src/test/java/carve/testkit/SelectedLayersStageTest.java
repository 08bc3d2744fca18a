package carve.testkit;

import carve.api.model.Site;
import carve.api.param.Selector;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.Stage;
import carve.api.stage.TrainScope;
import java.util.List;

/** The contract of stages, tried with a stage of two losses that trains one layer. */
final class SelectedLayersStageTest extends StageContract {
    @Override
    protected Stage stage() {
        return new Stage(
                Selector.of("layers.1.mixer.**"),
                TrainScope.NOT_KEPT,
                List.of(
                        LossTerm.of("squares", SmallTraining.loss(Site.LOGITS)),
                        LossTerm.of(
                                "squares", SmallTraining.loss(Site.HEADS), LayerInputs.TEACHER, LayerReduction.SUM)),
                PaddingMask.FULL);
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.1.mixer.**");
    }
}
