package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code mean-squared-error} losses. */
public final class MeanSquaredErrorLossProvider implements LossProvider {
    @Override
    public String name() {
        return "mean-squared-error";
    }

    @Override
    public Loss create(Settings settings) {
        return new MeanSquaredErrorLoss(
                Site.from(settings, "site"), LossSettings.weight(settings), LossSettings.maskedReduction(settings));
    }
}
