package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** Makes {@code mean-square} losses. */
public final class MeanSquaredErrorLossProvider implements LossProvider {
    @Override
    public String name() {
        return "mean-square";
    }

    @Override
    public Loss create(Settings settings) {
        return new MeanSquaredErrorLoss(
                settings.string("at"), LossSettings.weight(settings), LossSettings.maskedReduction(settings));
    }
}
