package {{package}};

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.testkit.LossContract;

final class {{class}}Test extends LossContract {
    @Override
    protected Loss loss(Reduction reduction) {
        return new {{class}}("heads", 1, 0.5, reduction);
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return reduction == Reduction.ELEMENTS ? CountedPositions.ALL : CountedPositions.NON_PADDING;
    }
}
