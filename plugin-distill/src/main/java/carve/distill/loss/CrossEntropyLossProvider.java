package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.loss.Reduction;

/** A factory of {@code cross-entropy} losses. */
public final class CrossEntropyLossProvider implements LossProvider {
    @Override
    public String name() {
        return "cross-entropy";
    }

    @Override
    public Loss create(Settings settings) {
        Reduction reduction = settings.enumConstant("reduction", Reduction.class);
        if (reduction == Reduction.MEAN) {
            throw settings.error(
                    "reduction",
                    "must be one of token-mean, batch-mean, sum, is 'mean'; cross-entropy is defined only for answer tokens");
        }
        return new CrossEntropyLoss(LossSettings.weight(settings), new MaskedReduction(LossMask.ANSWERS, reduction));
    }
}
