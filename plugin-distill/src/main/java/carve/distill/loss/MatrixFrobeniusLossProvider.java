package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;

/** A factory of {@code matrix-frobenius} losses. */
public final class MatrixFrobeniusLossProvider implements LossProvider {
    @Override
    public String name() {
        return "matrix-frobenius";
    }

    @Override
    public Loss create(Settings settings) {
        return new MatrixFrobeniusLoss(
                LossSettings.matrixSite(settings),
                LossSettings.weight(settings),
                settings.enumConstant("mask", LossMask.class));
    }
}
