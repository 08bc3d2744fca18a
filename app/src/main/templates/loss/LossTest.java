package {{package}};

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.testkit.LossContract;

final class {{class}}Test extends LossContract {
    @Override
    protected Loss loss(Reduction reduction) {
        return new {{class}}(Site.HEADS, 1, 0.5, reduction);
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return reduction == Reduction.MEAN ? CountedPositions.ALL : CountedPositions.NON_PADDING;
    }
}
