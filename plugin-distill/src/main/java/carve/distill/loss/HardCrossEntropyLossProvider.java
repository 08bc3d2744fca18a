package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** A factory of {@code hard-cross-entropy} losses. */
public final class HardCrossEntropyLossProvider implements LossProvider {
    @Override
    public String name() {
        return "hard-cross-entropy";
    }

    @Override
    public Loss create(Settings settings) {
        return new HardCrossEntropyLoss(LossSettings.weight(settings), LossSettings.maskedReduction(settings));
    }
}
