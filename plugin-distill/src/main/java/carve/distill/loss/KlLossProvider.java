package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code kl} losses. */
public final class KlLossProvider implements LossProvider {
    @Override
    public String name() {
        return "kl";
    }

    @Override
    public Loss create(Settings settings) {
        return new KlLoss(
                Site.from(settings, "site"),
                LossSettings.weight(settings),
                LossSettings.temperature(settings),
                LossSettings.maskedReduction(settings));
    }
}
