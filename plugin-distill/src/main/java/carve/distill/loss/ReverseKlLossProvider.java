package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code reverse-kl} losses. */
public final class ReverseKlLossProvider implements LossProvider {
    @Override
    public String name() {
        return "reverse-kl";
    }

    @Override
    public Loss create(Settings settings) {
        return new ReverseKlLoss(
                Site.from(settings, "site"),
                LossSettings.weight(settings),
                LossSettings.temperature(settings),
                LossSettings.maskedReduction(settings));
    }
}
