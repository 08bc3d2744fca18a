package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.model.Site;

/** A factory of {@code jensen-shannon} losses. */
public final class JensenShannonLossProvider implements LossProvider {
    @Override
    public String name() {
        return "jensen-shannon";
    }

    @Override
    public Loss create(Settings settings) {
        return new JensenShannonLoss(
                Site.from(settings, "site"),
                LossSettings.weight(settings),
                settings.enumConstant("form", JensenShannonLoss.Form.class),
                LossSettings.temperature(settings),
                LossSettings.maskedReduction(settings));
    }
}
