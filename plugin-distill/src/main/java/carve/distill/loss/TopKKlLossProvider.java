package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code top-k-kl} losses. */
public final class TopKKlLossProvider implements LossProvider {
    @Override
    public String name() {
        return "top-k-kl";
    }

    @Override
    public Loss create(Settings settings) {
        int k = settings.integer("k");
        if (k < 1) {
            throw settings.error("k", "must be 1 or more, is " + k);
        }
        return new TopKKlLoss(
                Site.from(settings, "site"),
                LossSettings.weight(settings),
                k,
                LossSettings.temperature(settings),
                LossSettings.maskedReduction(settings));
    }
}
