package examples.focalkl;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.LossProvider;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the student's distribution from the teacher's at each position, KL, times {@code (1 - exp(-KL))^gamma}:
 * positions that the student predicts well already count little, as in the focal loss (Lin et al. 2017, arXiv:1708.02002, equation 4),
 * where {@code exp(-KL)} stands for the probability of the truth.
 *
 * @param weight the factor in the sum of losses
 * @param gamma the exponent
 * @param reduction the combination of the values of positions into one number
 */
public record FocalKl(double weight, int gamma, Reduction reduction) implements Loss {
    /** A factory of the loss {@code focal-kl}. */
    public static final class Provider implements LossProvider {
        @Override
        public String name() {
            return "focal-kl";
        }

        @Override
        public Loss create(Settings settings) {
            int gamma = settings.integer("gamma");
            if (gamma < 0 || gamma > 8) {
                throw settings.error("gamma", "must be an integer from 0 to 8, is " + gamma);
            }
            return new FocalKl(settings.real("weight"), gamma, settings.enumConstant("reduction", Reduction.class));
        }
    }

    @Override
    public Site site() {
        return Site.LOGITS;
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor kl = KlDivergence.apply(rows(lossInputs.student()), rows(lossInputs.teacher()), 1);
        Tensor modulation = kl.negate().exp().negate().add(1);
        Tensor value = kl;
        for (int i = 0; i < gamma; i++) {
            value = value.multiply(modulation);
        }
        Tensor mask = lossInputs.mask();
        return reduction.reduce(value.reshape(mask.shape()), mask);
    }

    // (B, T, V) as (B T, V)
    private static Tensor rows(Tensor logits) {
        return logits.reshape(-1, logits.extent(-1));
    }
}
