package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * The Kullback-Leibler divergence {@code sum p log(p / q)} of each row, where p is the softmax of the teacher's and q of
 * the student's logits, both divided by a temperature; of operands student {@code (M, V)} and teacher {@code (M, V)}.
 * The result is {@code (M)}. It is not multiplied by the squared temperature.
 *
 * @param temperature by which logits are divided, positive
 */
public record KlDivergence(double temperature) implements FusedOp {
    /** Returns the divergence of each row. */
    public static Tensor apply(Tensor student, Tensor teacher, double temperature) {
        return Tensors.apply(new KlDivergence(temperature), student, teacher).getFirst();
    }

    @Override
    public String name() {
        return "kl-divergence";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 2);
        OperandChecks.require(
                operands.get(0).equals(operands.get(1))
                        && OperandChecks.shape(operands, 0).rank() == 2,
                name(),
                "logits (M, V) of student and teacher",
                operands);
        return List.of(operands.getFirst().with(OperandChecks.shape(operands, 0).sub(0, 1)));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor student = logSoftmax(operands.get(0));
        Tensor teacher = logSoftmax(operands.get(1));
        Tensor divergence = teacher.exp().multiply(teacher.subtract(student)).sum(1);
        return List.of(divergence.reshape(operands.getFirst().extent(0)));
    }

    private Tensor logSoftmax(Tensor logits) {
        Tensor scaled = logits.multiply(1 / temperature);
        return scaled.subtract(CrossEntropy.logSumExp(scaled));
    }
}
