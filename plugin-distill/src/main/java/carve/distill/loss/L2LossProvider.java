package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code l2} losses. */
public final class L2LossProvider implements LossProvider {
    @Override
    public String name() {
        return "l2";
    }

    @Override
    public Loss create(Settings settings) {
        return new L2Loss(
                Site.from(settings, "site"),
                LossSettings.weight(settings),
                settings.enumConstant("scale", L2Loss.Scale.class),
                LossSettings.maskedReduction(settings));
    }
}
