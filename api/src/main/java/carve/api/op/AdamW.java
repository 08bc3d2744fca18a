package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;

/**
 * One step of Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, Algorithm 2), of operands
 * parameter, gradient, mean and square mean of one F32 shape; results are the next parameter, mean and square mean.
 *
 * <p>As in PyTorch, the decay is multiplied by the rate, and epsilon is added to the corrected root.
 *
 * @param learningRate the learning rate of this step
 * @param beta1 the decay of the mean
 * @param beta2 the decay of the square mean
 * @param epsilon added to the root of the square mean
 * @param weightDecay the weight decay
 * @param step the number of this step, from 1
 */
public record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, long step)
        implements FusedOp {
    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 4, 4);
        boolean same = operands.stream().allMatch(operands.getFirst()::equals);
        OperandChecks.require(same, name(), "parameter, gradient, mean and square mean of one type", operands);
        return List.of(operands.get(0), operands.get(0), operands.get(0));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor gradient = operands.get(1);
        Tensor mean = operands.get(2).multiply(beta1).add(gradient.multiply(1 - beta1));
        Tensor square =
                operands.get(3).multiply(beta2).add(gradient.multiply(gradient).multiply(1 - beta2));
        Tensor root =
                square.multiply(1 / biasCorrection2()).unary(UnaryFunction.SQRT).add(epsilon);
        Tensor decayed = operands.get(0).multiply(1 - learningRate * weightDecay);
        return List.of(
                decayed.subtract(mean.multiply(learningRate / biasCorrection1()).divide(root)), mean, square);
    }

    /** Returns {@code 1 - beta1^step}. */
    public double biasCorrection1() {
        return 1 - Math.pow(beta1, step);
    }

    /** Returns {@code 1 - beta2^step}. */
    public double biasCorrection2() {
        return 1 - Math.pow(beta2, step);
    }
}
