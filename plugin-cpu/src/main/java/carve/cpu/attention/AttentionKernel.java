package carve.cpu.attention;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.MicroKernel;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SoftmaxAttention} by tiles of keys; keeps the logarithm of the sum of exponentials, (B, T, H). */
public final class AttentionKernel implements Kernel {
    private static final int MAX_DECODE_QUERIES = 4;

    private final KernelContext kernelContext;
    private final SoftmaxAttention op;
    private final DType stored;
    private final boolean narrow;

    /** Makes the kernel of an op with operands that it {@link #supports}. */
    public AttentionKernel(KernelContext kernelContext, SoftmaxAttention op, List<TensorType> operands) {
        this.kernelContext = kernelContext;
        this.op = op;
        this.stored = operands.get(1).dtype();
        this.narrow = isNarrow(operands);
    }

    /**
     * Returns whether keys and values are stored as this can read them, and heads are narrow enough; decoding takes heads of any
     * width.
     */
    public static boolean supports(SoftmaxAttention op, List<TensorType> operands) {
        DType stored = operands.get(1).dtype();
        return operands.stream().allMatch(type -> type.shape().size() > 0)
                && operands.get(0).dtype() == DType.F32
                && operands.get(2).dtype() == stored
                && DequantisedRows.supports(stored)
                && (operands.size() == 3 || operands.get(3).dtype() == DType.F32)
                && (op.window() == 0 || op.scale() > 0)
                && (isNarrow(operands) || isDecoding(op));
    }

    private static boolean isNarrow(List<TensorType> operands) {
        return operands.get(0).shape().extent(3) <= MicroKernel.KC
                && operands.get(2).shape().extent(3) <= MicroKernel.KC;
    }

    @Override
    public String name() {
        String type = stored == DType.F32 ? "" : "-" + stored.key().replace("_0", "");
        return (isDecoding(op) ? "flash-decoding" : "flash-attention") + type;
    }

    private static boolean isDecoding(SoftmaxAttention op) {
        SequenceLayout s = op.sequenceLayout();
        return s.positions() <= MAX_DECODE_QUERIES && !s.isPadded() && !s.isPacked();
    }

    /** Returns false for a KV cache in fewer bits than F32 and for wide heads: the gradient is that of the reference. */
    @Override
    public boolean differentiable() {
        return stored == DType.F32 && narrow;
    }

    private FlashAttention.Heads heads(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        return new FlashAttention.Heads(
                q.extent(2),
                k.extent(2),
                q.extent(3),
                v.extent(3),
                (float) op.scale(),
                op.causal(),
                op.window(),
                (float) op.softCap(),
                stored);
    }

    private List<FlashAttention.SequenceSpan> spans(int capacity) {
        SequenceLayout s = op.sequenceLayout();
        List<FlashAttention.SequenceSpan> spans = new ArrayList<>();
        for (int i = 0; i < s.count(); i++) {
            if (s.isPacked()) {
                int from = s.offsets().get(i);
                int count = s.offsets().get(i + 1) - from;
                spans.add(new FlashAttention.SequenceSpan(from, count, count, from, count, 0));
            } else {
                spans.add(row(i, (long) i * s.positions(), (long) i * capacity));
            }
        }
        return spans;
    }

    /** Returns what a row does: padding is left out, or looks at what comes before it, the first position at least. */
    private FlashAttention.SequenceSpan row(int i, long query, long key) {
        SequenceLayout s = op.sequenceLayout();
        int rows = s.positions();
        if (!s.isPadded()) {
            int before = op.keys() - rows;
            int hidden = op.window() == 0 ? 0 : Math.max(0, before + 1 - op.window()); // to all queries
            return new FlashAttention.SequenceSpan(
                    query, rows, rows, key + hidden, op.keys() - hidden, before - hidden);
        }
        int length = s.lengths().get(i);
        return s.zeroPadding()
                ? new FlashAttention.SequenceSpan(query, rows, rows, key, Math.max(1, length), 0)
                : new FlashAttention.SequenceSpan(query, length, rows, key, length, 0);
    }

    private static AttentionOperands data(List<Tensor> operands, Tensor y, Tensor sums) {
        return new AttentionOperands(
                addressOf(operands.get(0)),
                addressOf(operands.get(1)),
                addressOf(operands.get(2)),
                operands.size() == 3 ? 0 : addressOf(operands.get(3)),
                addressOf(y),
                addressOf(sums));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        FlashAttention.Heads heads = heads(operands);
        SequenceLayout s = op.sequenceLayout();
        Tensor y = kernelContext.allocate(TensorType.f32(s.batch(), s.positions(), heads.heads(), heads.valueWidth()));
        Tensor sums = kernelContext.allocate(TensorType.f32(s.batch(), s.positions(), heads.heads()));
        AttentionOperands data = data(operands, y, sums);
        List<FlashAttention.SequenceSpan> spans = spans(operands.get(1).extent(1));
        if (isDecoding(op)) {
            new FlashDecoding(kernelContext.threads()).run(heads, spans, data);
        } else {
            new FlashAttention(kernelContext.threads()).forward(heads, spans, data);
        }
        return List.of(y, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Tensor> d =
                operands.stream().map(x -> kernelContext.allocate(x.type())).toList();
        AttentionOperands data = data(operands, results.get(0), results.get(1));
        var addresses = new FlashAttention.Gradients(
                addressOf(gradients.getFirst().orElseThrow()),
                addressOf(d.get(0)),
                addressOf(d.get(1)),
                addressOf(d.get(2)),
                d.size() == 3 ? 0 : addressOf(d.get(3)));
        d.forEach(x -> NativeMemory.fill(addressOf(x), x.type().bytes(), (byte) 0));
        new FlashAttentionBackward(kernelContext.threads())
                .run(heads(operands), spans(operands.get(1).extent(1)), data, addresses);
        return d.stream().map(Optional::of).toList();
    }
}
