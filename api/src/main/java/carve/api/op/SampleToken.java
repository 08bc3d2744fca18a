package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * Chooses a token from each row of logits {@code (R, V)}, F32. The results are both {@code (R)}, I32: the tokens, all of which
 * are in the vocabulary; and the same with {@value #NOT_FINITE} for rows that have a logit which is not a number or is plus
 * infinity. The token of such a row is 0. The first result may be the input of a model, whatever the second says.
 *
 * <p>Tokens are in the order of their logits, the greatest first, of equal ones that of the smaller id. Where the temperature
 * is 0 the first is taken. Else: of the first top-k those are kept that together, from the first on, have the share top-p of
 * their softmax at the temperature; the number u of the row, 0 &lt;= u &lt; 1, takes the first token at which their cumulative
 * share goes above u.
 *
 * <p>The definition compares each token with each other, V x V of them: it says what is meant, and is for small V. A device
 * where choosing on the host would cost more than choosing has a kernel; others are asked for the logits instead.
 *
 * @param temperature by which logits are divided; 0 takes the most probable token
 * @param topK how many of the most probable tokens may be chosen; 0 for all
 * @param topP only the most probable tokens that together have this share may be chosen; 1 for all
 * @param excluded token ids that are never chosen; those outside of the vocabulary are none
 * @param uniforms u of each row
 */
public record SampleToken(double temperature, int topK, double topP, List<Integer> excluded, List<Double> uniforms)
        implements FusedOp {
    /** Stands for the token of a row with a logit that is not a number or is plus infinity. */
    public static final int NOT_FINITE = -1;

    /** Copies the lists. */
    public SampleToken {
        excluded = List.copyOf(excluded);
        uniforms = List.copyOf(uniforms);
    }

    @Override
    public String name() {
        return "sample-token";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 1, 1);
        Shape logits = OperandChecks.shape(operands, 0);
        boolean fits = logits.rank() == 2 && logits.extent(0) == uniforms.size() && logits.extent(1) > 0;
        OperandChecks.require(fits, name(), "logits (R, V) of " + uniforms.size() + " rows", operands);
        TensorType tokens = new TensorType(DType.I32, logits.sub(0, 1));
        return List.of(tokens, tokens);
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor given = operands.getFirst().cast(DType.F32);
        int rows = given.extent(0);
        Tensor tokens = tokens(allowed(given)).cast(DType.F32);
        Tensor finite = one(compare(Op.Comparison.LESS, given, number(given, Double.POSITIVE_INFINITY)));
        Tensor all = compare(Op.Comparison.EQUAL, finite.sum(1).reshape(rows), number(given, given.extent(1)));
        return List.of(
                Tensors.where(all, tokens, number(given, 0)).cast(DType.I32),
                Tensors.where(all, tokens, number(given, NOT_FINITE)).cast(DType.I32));
    }

    private Tensor tokens(Tensor logits) {
        int rows = logits.extent(0);
        if (temperature == 0) {
            return logits.argMax(1).reshape(rows);
        }
        int columns = logits.extent(1);
        Tensor before = before(logits, rows, columns);
        Tensor rank = before.sum(2).reshape(rows, columns);
        Tensor best = notAbove(rank, number(logits, topK == 0 ? columns : topK));
        Tensor weights =
                logits.subtract(logits.max(1)).multiply(1 / temperature).exp().multiply(best);
        Tensor mass = before.matmul(weights.reshape(rows, columns, 1)).reshape(rows, columns);
        Tensor share = weights.sum(1).multiply(topP);
        Tensor kept = best.multiply(below(mass.subtract(weights), share));
        Tensor target = weights.multiply(kept).sum(1).multiply(draws(logits));
        Tensor passed = kept.multiply(notAbove(mass, target)).sum(1).add(1);
        Tensor last = kept.sum(1);
        Tensor place = Tensors.where(compare(Op.Comparison.LESS, last, passed), last, passed);
        return one(compare(Op.Comparison.EQUAL, rank, place)).argMax(1).reshape(rows);
    }

    private Tensor allowed(Tensor logits) {
        float[] mask = new float[logits.extent(1)];
        excluded.stream().filter(id -> id >= 0 && id < mask.length).forEach(id -> mask[id] = 1);
        Tensor out = compare(
                Op.Comparison.EQUAL, Tensors.of(logits.device(), Shape.of(mask.length), mask), number(logits, 1));
        return Tensors.where(out, number(logits, Double.NEGATIVE_INFINITY), logits);
    }

    // (R, i, j): 1 where token j comes before i, or is i
    private static Tensor before(Tensor logits, int rows, int columns) {
        Tensor i = logits.reshape(rows, columns, 1);
        Tensor j = logits.reshape(rows, 1, columns);
        Tensor greater = one(compare(Op.Comparison.LESS, i, j));
        return greater.add(one(compare(Op.Comparison.EQUAL, i, j)).lowerTriangle(0));
    }

    private Tensor draws(Tensor logits) {
        float[] values = new float[uniforms.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = uniforms.get(i).floatValue();
        }
        return Tensors.of(logits.device(), Shape.of(values.length, 1), values);
    }

    private static Tensor number(Tensor like, double value) {
        return Tensors.scalar(like.device(), value);
    }

    private static Tensor compare(Op.Comparison comparison, Tensor a, Tensor b) {
        return Tensors.apply(new Op.Compare(comparison), a, b);
    }

    private static Tensor one(Tensor truth) {
        return truth.cast(DType.F32);
    }

    private static Tensor below(Tensor a, Tensor b) {
        return one(compare(Op.Comparison.LESS, a, b));
    }

    private static Tensor notAbove(Tensor a, Tensor b) {
        return one(compare(Op.Comparison.LESS_OR_EQUAL, a, b));
    }
}
