package {{package}};

import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.testkit.StageContract;
import java.util.List;

final class {{class}}Test extends StageContract {
    private static final List<String> TRAIN = List.of("layers.*.mixer.**");

    @Override
    protected Stage stage() {
        return new {{class}}("test", TRAIN, 10, 2, 0.1, 5);
    }

    @Override
    protected Selector trains() {
        return Selector.of(TRAIN);
    }
}
