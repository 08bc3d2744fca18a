package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** Makes {@code kl} losses. */
public final class KlLossProvider implements LossProvider {
    @Override
    public String name() {
        return "kl";
    }

    @Override
    public Loss create(Settings settings) {
        double temperature = settings.real("temperature");
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw settings.error("temperature", "must be positive, is " + temperature);
        }
        return new KlLoss(
                settings.string("at"), LossSettings.weight(settings), temperature, LossSettings.reducer(settings));
    }
}
