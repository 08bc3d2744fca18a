package {{package}};

import carve.api.config.Settings;
import carve.api.loss.Loss;
import carve.api.loss.LossProvider;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;

/**
 * The pseudo-Huber difference of student and teacher: {@code sqrt(d^2 + delta^2) - delta}, which is square where they are
 * close and straight where they are far apart. The value of a position is the mean over its elements.
 *
 * @param site where student and teacher are compared: heads, output, embed, final_norm or logits
 * @param weight the factor before it in the sum of losses
 * @param delta where square becomes straight
 * @param reduction how the values of positions become one number
 */
public record {{class}}(String site, double weight, double delta, Reduction reduction) implements Loss {
    /** Makes the loss from the settings in {@code reference.conf} and what a recipe says over them. */
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
                    settings.string("at"), settings.real("weight"), delta, settings.enumConstant("reduction", Reduction.class));
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
