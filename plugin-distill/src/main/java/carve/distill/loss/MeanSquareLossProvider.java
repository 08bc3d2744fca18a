package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** Makes {@code mean-square} losses. */
public final class MeanSquareLossProvider implements LossProvider {
    @Override
    public String name() {
        return "mean-square";
    }

    @Override
    public Loss create(Settings settings) {
        return new MeanSquareLoss(settings.string("at"), LossSettings.weight(settings), LossSettings.reducer(settings));
    }
}
