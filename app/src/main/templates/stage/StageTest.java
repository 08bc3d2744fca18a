package {{package}};

import carve.api.model.Site;
import carve.api.param.Selector;
import carve.api.stage.LossTerm;
import carve.api.stage.Stage;
import carve.testkit.SmallTraining;
import carve.testkit.StageContract;
import java.util.List;

final class {{class}}Test extends StageContract {
    @Override
    protected Stage stage() {
        return {{class}}.stage(List.of(1), List.of(LossTerm.of("squares", SmallTraining.loss(Site.LOGITS))));
    }

    @Override
    protected Selector trains() {
        return Selector.of("layers.1.**");
    }
}
