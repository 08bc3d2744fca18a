package examples.focalkl;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.LossProvider;
import carve.api.loss.Reduction;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the student's distribution from the teacher's at each position, KL, times {@code (1 - exp(-KL))^focus}:
 * positions that the student knows already count little, as in the focal loss (Lin et al. 2017, arXiv:1708.02002, equation 4),
 * where {@code exp(-KL)} stands for the probability of the truth.
 *
 * @param weight the factor before it in the sum of losses
 * @param gamma the exponent
 * @param reduction how the values of positions become one number
 */
public record FocalKl(double weight, int gamma, Reduction reduction) implements Loss {
    /** Makes the loss {@code focal-kl}. */
    public static final class Provider implements LossProvider {
        @Override
        public String name() {
            return "focal-kl";
        }

        @Override
        public Loss create(Settings settings) {
            int focus = settings.integer("focus");
            if (focus < 0 || focus > 8) {
                throw settings.error("focus", "must be a whole number from 0 to 8, is " + focus);
            }
            return new FocalKl(settings.real("weight"), focus, settings.enumConstant("reduction", Reduction.class));
        }
    }

    @Override
    public String site() {
        return "logits";
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor kl = KlDivergence.apply(rows(lossInputs.student()), rows(lossInputs.teacher()), 1);
        Tensor missed = kl.negate().exp().negate().add(1);
        Tensor value = kl;
        for (int i = 0; i < gamma; i++) {
            value = value.multiply(missed);
        }
        Tensor mask = lossInputs.mask();
        return reduction.reduce(value.reshape(mask.shape()), mask);
    }

    // (B, T, V) as (B T, V)
    private static Tensor rows(Tensor logits) {
        return logits.reshape(-1, logits.extent(-1));
    }
}
