package examples.focalkl;

import carve.api.loss.Loss;
import carve.api.loss.Reduction;
import carve.testkit.LossContract;

final class ZeroGammaKlTest extends LossContract {
    @Override
    protected Loss loss(Reduction reduction) {
        return new FocalKl(1, 0, reduction);
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return reduction == Reduction.MEAN ? CountedPositions.ALL : CountedPositions.NON_PADDING;
    }
}
