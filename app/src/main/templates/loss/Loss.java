package {{package}};

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.LossProvider;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;

/**
 * The pseudo-Huber loss of the difference d of student and teacher, {@code sqrt(d^2 + delta^2) - delta}: quadratic for small
 * differences and linear for large ones. The value of a position is the mean over its elements.
 *
 * @param site where student and teacher are compared: heads, output, hidden, embed, final_norm or logits
 * @param weight the factor in the sum of losses
 * @param delta the difference at which quadratic becomes linear
 * @param reduction the combination of the values of positions into one number
 */
public record {{class}}(Site site, double weight, double delta, Reduction reduction) implements Loss {
    /** A factory of the loss, from the settings of a recipe over those in {@code reference.conf}. */
    public static final class Provider implements LossProvider {
        @Override
        public String name() {
            return "{{name}}";
        }

        @Override
        public Loss create(Settings settings) {
            double delta = settings.real("delta");
            if (!(delta > 0)) {
                throw settings.error("delta", "must be positive, is " + delta);
            }
            return new {{class}}(
                    Site.from(settings, "site"),
                    settings.real("weight"),
                    delta,
                    settings.enumConstant("reduction", Reduction.class));
        }
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs inputs) {
        Tensor mask = inputs.mask();
        Tensor difference = inputs.student().subtract(inputs.teacher());
        Tensor huber = difference
                .multiply(difference)
                .add(delta * delta)
                .unary(UnaryFunction.SQRT)
                .add(-delta);
        Tensor values = huber.reshape(mask.extent(0), mask.extent(1), -1).mean(2); // (B, T, 1)
        return reduction.reduce(values.reshape(mask.shape()), mask);
    }
}
