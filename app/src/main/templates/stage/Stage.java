package {{package}};

import carve.api.config.Settings;
import carve.api.param.Selector;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.Stage;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import carve.api.stage.TrainScope;
import java.util.List;
import java.util.stream.Collectors;

/** A factory of stages that train chosen layers of a model; all other parameters are frozen. */
public final class {{class}} implements StageProvider {
    @Override
    public String name() {
        return "{{name}}";
    }

    @Override
    public Stage create(Settings settings, StageComponents components) {
        List<Integer> layers = settings.integers("layers");
        if (layers.isEmpty()) {
            throw settings.error("layers", "must list the numbers of layers, such as [0, 1], is empty");
        }
        return stage(layers, components.losses(settings, LayerInputs.OWN, LayerReduction.MEAN));
    }

    /** Returns the stage that trains the layers of these numbers by these losses. */
    static Stage stage(List<Integer> layers, List<LossTerm> losses) {
        String numbers = layers.stream().map(String::valueOf).collect(Collectors.joining(","));
        Selector train = Selector.of("layers.{" + numbers + "}.**");
        return new Stage(train, TrainScope.ALL, losses, PaddingMask.FULL);
    }
}
