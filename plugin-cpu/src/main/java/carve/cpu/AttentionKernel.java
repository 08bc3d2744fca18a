package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SoftmaxAttention} by tiles of keys; keeps the logarithm of the sum of exponentials, (B, T, H). */
final class AttentionKernel implements Kernel {
    private static final int FEW = 4;

    private final Engine engine;
    private final SoftmaxAttention op;
    private final DType stored;

    AttentionKernel(Engine engine, SoftmaxAttention op, DType stored) {
        this.engine = engine;
        this.op = op;
        this.stored = stored;
    }

    /** Returns whether heads are narrow enough, and keys and values stored as this can read them. */
    static boolean takes(List<TensorType> operands) {
        DType stored = operands.get(1).dtype();
        return operands.stream().allMatch(type -> type.shape().size() > 0)
                && operands.get(0).dtype() == DType.F32
                && operands.get(2).dtype() == stored
                && WideRows.takes(stored)
                && operands.get(0).shape().extent(3) <= Tiles.DEPTH
                && operands.get(2).shape().extent(3) <= Tiles.DEPTH;
    }

    @Override
    public String name() {
        String narrow = stored == DType.F32 ? "" : "-" + stored.key().replace("_0", "");
        return (isFew() ? "vector-attention-step" : "vector-tiled-attention") + narrow;
    }

    private boolean isFew() {
        Sequences s = op.sequences();
        return s.positions() <= FEW && !s.isPadded() && !s.isPacked();
    }

    /** What is stored in fewer bits is a cache, through which nobody differentiates; the definition can. */
    @Override
    public boolean differentiable() {
        return stored == DType.F32;
    }

    private Attention.Heads heads(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        return new Attention.Heads(
                q.extent(2), k.extent(2), q.extent(3), v.extent(3), (float) op.scale(), op.causal(), stored);
    }

    private List<Attention.Span> spans(int capacity) {
        Sequences s = op.sequences();
        List<Attention.Span> spans = new ArrayList<>();
        for (int i = 0; i < s.count(); i++) {
            if (s.isPacked()) {
                int from = s.offsets().get(i);
                int count = s.offsets().get(i + 1) - from;
                spans.add(new Attention.Span(from, count, count, from, count, 0));
            } else {
                spans.add(row(i, (long) i * s.positions(), (long) i * capacity));
            }
        }
        return spans;
    }

    /** Returns what a row does: padding is left out, or looks at what comes before it, the first position at least. */
    private Attention.Span row(int i, long query, long key) {
        Sequences s = op.sequences();
        int rows = s.positions();
        if (!s.isPadded()) {
            return new Attention.Span(query, rows, rows, key, op.keys(), op.keys() - rows);
        }
        int length = s.lengths().get(i);
        return s.isBlank()
                ? new Attention.Span(query, rows, rows, key, Math.max(1, length), 0)
                : new Attention.Span(query, length, rows, key, length, 0);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Attention.Heads heads = heads(operands);
        Sequences s = op.sequences();
        Tensor y = engine.make(TensorType.f32(s.batch(), s.positions(), heads.heads(), heads.valueWidth()));
        Tensor sums = engine.make(TensorType.f32(s.batch(), s.positions(), heads.heads()));
        var data = new Attention.Data(at(operands.get(0)), at(operands.get(1)), at(operands.get(2)), at(y), at(sums));
        List<Attention.Span> spans = spans(operands.get(1).extent(1));
        if (isFew()) {
            new AttentionStep(engine.workers()).run(heads, spans, data);
        } else {
            new Attention(engine.workers()).forward(heads, spans, data);
        }
        return List.of(y, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Tensor> d = operands.stream().map(x -> engine.make(x.type())).toList();
        var data = new Attention.Data(
                at(operands.get(0)), at(operands.get(1)), at(operands.get(2)), at(results.get(0)), at(results.get(1)));
        var slopes =
                new Attention.Slopes(at(gradients.getFirst().orElseThrow()), at(d.get(0)), at(d.get(1)), at(d.get(2)));
        d.forEach(x -> Memory.fill(at(x), x.type().bytes(), (byte) 0));
        new AttentionBackward(engine.workers())
                .run(heads(operands), spans(operands.get(1).extent(1)), data, slopes);
        return d.stream().map(Optional::of).toList();
    }
}
