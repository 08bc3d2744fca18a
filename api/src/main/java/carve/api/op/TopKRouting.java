package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * The choice of the experts of each row: of logits {@code (N, E)} F32 and, optionally, a correction {@code (E)} F32, the results
 * are the weights {@code (N, K)} F32 of the chosen experts and their numbers {@code (N, K)} I32, the best expert first.
 *
 * <p>Scores are the softmax of the logits, their sigmoid, or the logits themselves. The K experts of the greatest score plus
 * correction are chosen; of equal ones that of the smaller number, on every device. Where experts are in groups of equal size,
 * only those of the best groups can be chosen; a group is as good as the sum of its greatest few scores plus corrections
 * (DeepSeek-AI 2024, arXiv:2412.19437, section 2.1.2). A weight is a score, without the correction, divided by the sum of the K
 * scores if normalised, times the scale.
 *
 * <p>The choice has no gradient, and neither has the correction; logits have that of the weights.
 *
 * @param experts K, how many are chosen
 * @param scoring how scores are made of logits
 * @param normalized whether weights are divided by their sum
 * @param scale factor of all weights
 * @param groups the number of groups; 1 for none
 * @param chosenGroups the number of groups whose experts can be chosen
 * @param scoresPerGroup the number of greatest scores that are added up for a group
 */
public record TopKRouting(
        int experts,
        Scoring scoring,
        boolean normalized,
        double scale,
        int groups,
        int chosenGroups,
        int scoresPerGroup)
        implements FusedOp {
    /** Added to the sum of scores that weights are divided by, so that it is never zero. */
    public static final double LEAST_SUM = 1e-20;

    /** The functions from logits to scores. */
    public enum Scoring {
        /** Softmax over all experts. */
        SOFTMAX,
        /** Sigmoid of each logit. */
        SIGMOID,
        /** The logits; weights are their softmax over the chosen experts. */
        SOFTMAX_OF_CHOSEN
    }

    /**
     * Checks the numbers.
     *
     * @throws ShapeException if one of them is less than 1 or more groups are chosen than there are
     */
    public TopKRouting {
        if (experts < 1 || groups < 1 || chosenGroups < 1 || chosenGroups > groups || scoresPerGroup < 1) {
            throw new ShapeException(
                    "top-k-routing: at least 1 expert, group and score of a group, and at most all groups expected,"
                            + " found %d experts, %d of %d groups, %d scores of a group"
                                    .formatted(experts, chosenGroups, groups, scoresPerGroup));
        }
    }

    /** Makes a choice without groups and scale. */
    public TopKRouting(int experts, Scoring scoring, boolean normalized) {
        this(experts, scoring, normalized, 1, 1, 1, 1);
    }

    /** The chosen experts of each row. */
    public record Routes(Tensor weights, Tensor experts) {}

    /** Returns the experts of each row by its logits alone. */
    public Routes apply(Tensor logits) {
        List<Tensor> results = Tensors.apply(this, logits);
        return new Routes(results.get(0), results.get(1));
    }

    /** Returns the experts of each row; corrections are added to the scores that they are chosen by. */
    public Routes apply(Tensor logits, Tensor correction) {
        List<Tensor> results = Tensors.apply(this, logits, correction);
        return new Routes(results.get(0), results.get(1));
    }

    @Override
    public String name() {
        return "top-k-routing";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 1, 2);
        Shape logits = OperandChecks.shape(operands, 0);
        OperandChecks.require(
                logits.rank() == 2
                        && operands.stream().allMatch(operand -> operand.dtype() == DType.F32)
                        && (operands.size() == 1
                                || OperandChecks.shape(operands, 1).equals(logits.sub(1, 2))),
                name(),
                "logits (N, E) and a correction (E), F32",
                operands);
        int width = logits.extent(1) / groups;
        OperandChecks.require(
                width * groups == logits.extent(1) && experts <= chosenGroups * width && scoresPerGroup <= width,
                name(),
                "logits of %d experts or more in %d of %d equal groups of %d experts or more"
                        .formatted(experts, chosenGroups, groups, scoresPerGroup),
                operands);
        Shape chosen = Shape.of(logits.extent(0), experts);
        return List.of(new TensorType(DType.F32, chosen), new TensorType(DType.I32, chosen));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor scores = scores(operands.getFirst());
        Tensor choice = scores.detach();
        if (operands.size() == 2) {
            choice = choice.add(operands.get(1).detach());
        }
        if (groups > 1) {
            choice = withinBestGroups(choice);
        }
        List<Tensor> weights = new ArrayList<>();
        List<Tensor> numbers = new ArrayList<>();
        for (int i = 0; i < experts; i++) {
            Tensor best = choice.argMax(1);
            Tensor isBest = isNumber(best, choice.extent(1));
            weights.add(Tensors.where(isBest, scores, number(scores, 0)).sum(1));
            numbers.add(best);
            choice = Tensors.where(isBest, number(choice, Double.NEGATIVE_INFINITY), choice);
        }
        return List.of(weights(Tensors.concat(1, weights)), Tensors.concat(1, numbers));
    }

    private Tensor scores(Tensor logits) {
        return switch (scoring) {
            case SOFTMAX -> softmax(logits);
            case SIGMOID -> logits.unary(UnaryFunction.SIGMOID);
            case SOFTMAX_OF_CHOSEN -> logits;
        };
    }

    private Tensor weights(Tensor scores) {
        Tensor weights = scoring == Scoring.SOFTMAX_OF_CHOSEN ? softmax(scores) : scores;
        Tensor shares = normalized ? weights.divide(weights.sum(1).add(LEAST_SUM)) : weights;
        return scale == 1 ? shares : shares.multiply(scale);
    }

    private static Tensor softmax(Tensor logits) {
        Tensor exponentials = logits.subtract(logits.max(1).detach()).exp();
        return exponentials.divide(exponentials.sum(1));
    }

    private Tensor withinBestGroups(Tensor choice) {
        int rows = choice.extent(0);
        int width = choice.extent(1) / groups;
        Tensor inGroups = choice.reshape(rows * groups, width);
        Tensor goodness = greatest(inGroups, scoresPerGroup).reshape(rows, groups);
        Tensor chosen = number(choice, 0).broadcastTo(Shape.of(rows, groups)).cast(DType.I8);
        for (int i = 0; i < chosenGroups; i++) {
            Tensor isBest = isNumber(goodness.argMax(1), groups);
            chosen = Tensors.where(isBest, number(choice, 1), chosen.cast(DType.F32))
                    .cast(DType.I8);
            goodness = Tensors.where(isBest, number(choice, Double.NEGATIVE_INFINITY), goodness);
        }
        Tensor mask = chosen.reshape(rows * groups, 1).broadcastTo(inGroups.shape());
        return Tensors.where(mask, inGroups, number(choice, Double.NEGATIVE_INFINITY))
                .reshape(choice.shape());
    }

    // the sum of the greatest elements of each row
    private static Tensor greatest(Tensor rows, int count) {
        Tensor left = rows;
        Tensor sum = number(rows, 0);
        for (int i = 0; i < count; i++) {
            sum = sum.add(left.max(1));
            Tensor isGreatest = isNumber(left.argMax(1), left.extent(1));
            left = Tensors.where(isGreatest, number(rows, Double.NEGATIVE_INFINITY), left);
        }
        return sum;
    }

    // (N, count): whether a column is the one that numbers (N, 1) name
    private static Tensor isNumber(Tensor numbers, int count) {
        int[] columns = new int[count];
        for (int i = 0; i < count; i++) {
            columns[i] = i;
        }
        Tensor all = Tensors.of(numbers.device(), Shape.of(1, count), columns);
        return Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), numbers, all);
    }

    private static Tensor number(Tensor like, double value) {
        return Tensors.scalar(like.device(), value);
    }
}
