package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code frobenius} losses. */
public final class FrobeniusLossProvider implements LossProvider {
    @Override
    public String name() {
        return "frobenius";
    }

    @Override
    public Loss create(Settings settings) {
        return new FrobeniusLoss(
                Site.from(settings, "site"), LossSettings.weight(settings), LossSettings.maskedReduction(settings));
    }
}
