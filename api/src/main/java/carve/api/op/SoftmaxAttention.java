package carve.api.op;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Softmax attention (Vaswani et al. 2017, arXiv:1706.03762, equation 1), of operands q {@code (B, T, H, K)}, k {@code (B,
 * S, G, K)} and v {@code (B, S, G, V)}; G divides H, head h uses group {@code h / (H / G)}. The result is {@code (B, T,
 * H, V)}.
 *
 * <p>Queries are the last T of {@code keys} positions. Of packed sequences each sees itself alone. Where rows are
 * padded, padding is not seen and results there are 0, but where sequences are {@link SequenceLayout#zeroPadding blank}.
 *
 * @param scale by which products of queries and keys are multiplied
 * @param causal whether a query sees its own and earlier positions only
 * @param keys how many of the S positions are there; the rest is unused capacity of a cache
 * @param sequenceLayout how the rows of the queries are divided; packed and padded need {@code keys = T}
 */
public record SoftmaxAttention(double scale, boolean causal, int keys, SequenceLayout sequenceLayout)
        implements FusedOp {
    /** Checks that there are at least as many keys as queries. */
    public SoftmaxAttention {
        boolean divided = sequenceLayout.isPacked() || sequenceLayout.isPadded();
        if (keys < sequenceLayout.positions() && causal || divided && keys != sequenceLayout.positions()) {
            throw new ShapeException("softmax-attention: %d keys do not fit %s".formatted(keys, sequenceLayout));
        }
    }

    @Override
    public String name() {
        return "softmax-attention";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 3, 3);
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
                && q.extent(2) % k.extent(2) == 0;
        if (!fits) { // what is expected takes long to write
            OperandChecks.require(
                    false, name(), "q (B, T, H, K), k (B, S, G, K), v (B, S, G, V) for " + this, operands);
        }
        return List.of(new TensorType(DType.F32, q.with(3, v.extent(3))));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1).slice(1, 0, keys).cast(DType.F32);
        Tensor v = operands.get(2).slice(1, 0, keys).cast(DType.F32);
        if (!sequenceLayout.isPacked()) {
            return List.of(attend(q, k, v));
        }
        List<Tensor> results = new ArrayList<>();
        for (int s = 0; s < sequenceLayout.count(); s++) {
            int from = sequenceLayout.offsets().get(s);
            int to = sequenceLayout.offsets().get(s + 1);
            results.add(attend(q.slice(1, from, to), k.slice(1, from, to), v.slice(1, from, to)));
        }
        return List.of(Tensors.concat(1, results));
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v) {
        int heads = q.extent(2);
        Tensor scores = Heads.transpose(q)
                .matmul(Heads.transpose(Heads.repeat(k, heads)), false, true)
                .multiply(scale);
        Tensor masked = mask(scores);
        Tensor weights = masked.subtract(masked.detach().max(-1)).exp();
        Tensor mean = weights.divide(weights.sum(-1)).matmul(Heads.transpose(Heads.repeat(v, heads)));
        return withoutPadding(mean.permute(0, 2, 1, 3));
    }

    private Tensor mask(Tensor scores) {
        Device device = scores.device();
        Tensor hidden = Tensors.scalar(device, Double.NEGATIVE_INFINITY);
        Tensor result = scores;
        if (causal) {
            Tensor ones = Tensors.ones(device, scores.shape().sub(2, 4));
            Tensor seen = ones.lowerTriangle(scores.extent(3) - scores.extent(2));
            result = Tensors.where(Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), seen, ones), result, hidden);
        }
        if (sequenceLayout.isPadded()) {
            Tensor seen = paddingMask(device, 1).reshape(sequenceLayout.batch(), 1, 1, keys);
            result = Tensors.where(seen, result, hidden);
        }
        return result;
    }

    private Tensor withoutPadding(Tensor y) {
        if (!sequenceLayout.isPadded() || sequenceLayout.zeroPadding()) {
            return y;
        }
        Tensor seen = paddingMask(y.device(), 0).reshape(y.extent(0), y.extent(1), 1, 1);
        return Tensors.where(seen, y, Tensors.scalar(y.device(), 0));
    }

    // a row of padding alone sees its first position, lest it is NaN, and its results are 0
    private Tensor paddingMask(Device device, int least) {
        return Tensors.apply(
                new Op.Compare(Op.Comparison.EQUAL),
                sequenceLayout.paddingMask(device, least),
                Tensors.scalar(device, 1));
    }
}
