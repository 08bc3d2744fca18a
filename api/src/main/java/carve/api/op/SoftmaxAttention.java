package carve.api.op;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Softmax attention (Vaswani et al. 2017, arXiv:1706.03762, equation 1), of operands q {@code (B, T, H, K)}, k {@code (B,
 * S, G, K)}, v {@code (B, S, G, V)} and perhaps sinks {@code (H)}; G divides H, head h uses group {@code h / (H / G)}. The
 * result is {@code (B, T, H, V)}.
 *
 * <p>Queries are the last T of {@code keys} positions. Of packed sequences each sees itself alone. Where rows are
 * padded, padding is not seen and results there are 0, but where sequences are {@link SequenceLayout#zeroPadding blank}.
 *
 * <p>With a window, a query at position i sees the keys j with {@code i - window < j <= i}, as in Mistral
 * (arXiv:2310.06825). A soft cap replaces scaled scores by {@code cap * tanh(score / cap)}, as in Gemma 2
 * (arXiv:2408.00118). The sink of a head is the score of one more key, whose value is 0, as in gpt-oss (arXiv:2508.10925).
 *
 * @param scale by which products of queries and keys are multiplied
 * @param causal whether a query sees its own and earlier positions only
 * @param window how many positions a query sees, its own included; 0 for all
 * @param softCap what scores stay below in magnitude; 0 for no cap
 * @param keys how many of the S positions are there; the rest is unused capacity of a cache
 * @param sequenceLayout how the rows of the queries are divided; packed and padded need {@code keys = T}
 */
public record SoftmaxAttention(
        double scale, boolean causal, int window, double softCap, int keys, SequenceLayout sequenceLayout)
        implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(3);

    /** Makes attention without window and soft cap. */
    public SoftmaxAttention(double scale, boolean causal, int keys, SequenceLayout sequenceLayout) {
        this(scale, causal, 0, 0, keys, sequenceLayout);
    }

    /** Checks that there are at least as many keys as queries, and that window and soft cap are not negative. */
    public SoftmaxAttention {
        boolean divided = sequenceLayout.isPacked() || sequenceLayout.isPadded();
        if (keys < sequenceLayout.positions() && causal || divided && keys != sequenceLayout.positions()) {
            throw new ShapeException("softmax-attention: %d keys do not fit %s".formatted(keys, sequenceLayout));
        }
        if (window < 0 || window > 0 && !causal) {
            throw new ShapeException(
                    "softmax-attention: a window needs causal attention and at least 1 position, 0 is none; window=%d, causal=%s"
                            .formatted(window, causal));
        }
        if (!(softCap >= 0 && softCap < Double.POSITIVE_INFINITY)) {
            throw new ShapeException(
                    "softmax-attention: the soft cap must be finite and positive, or 0 for none; softCap=" + softCap);
        }
    }

    @Override
    public String name() {
        return "softmax-attention";
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 3, 4);
        Shape q = OperandChecks.shape(operands, 0);
        Shape k = OperandChecks.shape(operands, 1);
        Shape v = OperandChecks.shape(operands, 2);
        boolean fits = q.rank() == 4
                && k.rank() == 4
                && v.rank() == 4
                && q.extent(0) == sequenceLayout.batch()
                && q.extent(1) == sequenceLayout.positions()
                && k.sub(0, 3).equals(v.sub(0, 3))
                && k.extent(0) == q.extent(0)
                && k.extent(1) >= keys
                && k.extent(3) == q.extent(3)
                && k.extent(2) > 0
                && q.extent(2) % k.extent(2) == 0
                && (operands.size() == 3 || OperandChecks.shape(operands, 3).equals(Shape.of(q.extent(2))));
        if (!fits) { // what is expected takes long to write
            OperandChecks.require(
                    false,
                    name(),
                    "q (B, T, H, K), k (B, S, G, K), v (B, S, G, V) and perhaps sinks (H) for " + this,
                    operands);
        }
        return List.of(new TensorType(DType.F32, q.with(3, v.extent(3))));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1).slice(1, 0, keys).cast(DType.F32);
        Tensor v = operands.get(2).slice(1, 0, keys).cast(DType.F32);
        List<Tensor> sinks = operands.subList(3, operands.size());
        if (!sequenceLayout.isPacked()) {
            return List.of(attend(q, k, v, sinks));
        }
        List<Tensor> results = new ArrayList<>();
        for (int s = 0; s < sequenceLayout.count(); s++) {
            int from = sequenceLayout.offsets().get(s);
            int to = sequenceLayout.offsets().get(s + 1);
            results.add(attend(q.slice(1, from, to), k.slice(1, from, to), v.slice(1, from, to), sinks));
        }
        return List.of(Tensors.concat(1, results));
    }

    /**
     * Returns the weights of the values, {@code (B, H, T, T)}, of operands as this op has them, whose keys are those of the queries'
     * positions. Where results are 0, so are their weights.
     *
     * @throws ShapeException if there are keys of earlier positions
     */
    public Tensor weights(List<Tensor> operands) {
        results(operands.stream().map(Tensor::type).toList());
        if (keys != sequenceLayout.positions()) {
            throw new ShapeException("softmax-attention: weights need keys of the queries' positions, not %d keys of %s"
                    .formatted(keys, sequenceLayout));
        }
        Tensor k = operands.get(1).slice(1, 0, keys).cast(DType.F32);
        List<Tensor> sinks = operands.subList(3, operands.size());
        Tensor weights = sequenceLayout.matrices(
                List.of(operands.getFirst(), k), parts -> weights(parts.get(0), parts.get(1), sinks));
        return Heads.transpose(withoutPadding(Heads.transpose(weights)));
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, List<Tensor> sinks) {
        Tensor mean = weights(q, k, sinks).matmul(Heads.transpose(Heads.repeat(v, q.extent(2))));
        return withoutPadding(mean.permute(0, 2, 1, 3));
    }

    private Tensor weights(Tensor q, Tensor k, List<Tensor> sinks) {
        Tensor scores = Heads.transpose(q)
                .matmul(Heads.transpose(Heads.repeat(k, q.extent(2))), false, true)
                .multiply(scale);
        return weights(mask(capped(scores)), sinks);
    }

    private Tensor capped(Tensor scores) {
        return softCap == 0
                ? scores
                : scores.multiply(1 / softCap).unary(UnaryFunction.TANH).multiply(softCap);
    }

    // of scores (B, H, T, S)
    private static Tensor weights(Tensor scores, List<Tensor> sinks) {
        Tensor max = scores.detach().max(-1);
        if (sinks.isEmpty()) {
            Tensor weights = scores.subtract(max).exp();
            return weights.divide(weights.sum(-1));
        }
        Tensor sink = sinks.getFirst().cast(DType.F32).reshape(1, scores.extent(1), 1, 1);
        Tensor greatest = max.binary(BinaryFunction.MAXIMUM, sink.detach());
        Tensor weights = scores.subtract(greatest).exp();
        return weights.divide(weights.sum(-1).add(sink.subtract(greatest).exp()));
    }

    private Tensor mask(Tensor scores) {
        if (!causal && !sequenceLayout.isPadded()) {
            return scores;
        }
        int rows = sequenceLayout.isPadded() ? sequenceLayout.batch() : 1;
        int queries = scores.extent(2);
        int all = scores.extent(3);
        float[] seen = new float[rows * queries * all];
        for (int row = 0; row < rows; row++) {
            for (int t = 0; t < queries; t++) {
                int end = lastKey(row, t, queries, all) + 1;
                int begin = window == 0 ? 0 : Math.max(0, end - window);
                int at = (row * queries + t) * all;
                Arrays.fill(seen, at + begin, at + end, 1);
            }
        }
        Device device = scores.device();
        return Tensors.where(
                isOne(Tensors.of(device, Shape.of(rows, 1, queries, all), seen)),
                scores,
                Tensors.scalar(device, Double.NEGATIVE_INFINITY));
    }

    // a query that is padding sees what the last position before the padding sees, the first position at least
    private int lastKey(int row, int query, int queries, int all) {
        int length =
                sequenceLayout.isPadded() ? Math.max(1, sequenceLayout.lengths().get(row)) : all;
        return causal ? Math.min(length - 1, query + all - queries) : length - 1;
    }

    private Tensor withoutPadding(Tensor y) {
        if (!sequenceLayout.isPadded() || sequenceLayout.zeroPadding()) {
            return y;
        }
        Tensor seen = isOne(sequenceLayout.paddingMask(y.device(), 0)).reshape(y.extent(0), y.extent(1), 1, 1);
        return Tensors.where(seen, y, Tensors.scalar(y.device(), 0));
    }

    private static Tensor isOne(Tensor mask) {
        return Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), mask, Tensors.scalar(mask.device(), 1));
    }
}
