package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** A factory of {@code attention-cross-entropy} losses. */
public final class AttentionCrossEntropyLossProvider implements LossProvider {
    @Override
    public String name() {
        return "attention-cross-entropy";
    }

    @Override
    public Loss create(Settings settings) {
        return new AttentionCrossEntropyLoss(
                LossSettings.matrixSite(settings),
                LossSettings.weight(settings),
                LossSettings.maskedReduction(settings));
    }
}
