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

    /** Makes the kernel of an op with keys and values of a storage type. */
    public AttentionKernel(KernelContext kernelContext, SoftmaxAttention op, DType stored) {
        this.kernelContext = kernelContext;
        this.op = op;
        this.stored = stored;
    }

    /** Returns whether heads are narrow enough, and keys and values stored as this can read them. */
    public static boolean supports(SoftmaxAttention op, List<TensorType> operands) {
        DType stored = operands.get(1).dtype();
        return op.window() == 0
                && op.softCap() == 0
                && operands.size() == 3
                && operands.stream().allMatch(type -> type.shape().size() > 0)
                && operands.get(0).dtype() == DType.F32
                && operands.get(2).dtype() == stored
                && DequantisedRows.supports(stored)
                && operands.get(0).shape().extent(3) <= MicroKernel.KC
                && operands.get(2).shape().extent(3) <= MicroKernel.KC;
    }

    @Override
    public String name() {
        String narrow = stored == DType.F32 ? "" : "-" + stored.key().replace("_0", "");
        return (isDecoding() ? "flash-decoding" : "flash-attention") + narrow;
    }

    private boolean isDecoding() {
        SequenceLayout s = op.sequenceLayout();
        return s.positions() <= MAX_DECODE_QUERIES && !s.isPadded() && !s.isPacked();
    }

    /** Returns false for a KV cache in fewer bits than F32: its gradient is that of the reference. */
    @Override
    public boolean differentiable() {
        return stored == DType.F32;
    }

    private FlashAttention.Heads heads(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        return new FlashAttention.Heads(
                q.extent(2), k.extent(2), q.extent(3), v.extent(3), (float) op.scale(), op.causal(), stored);
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
            return new FlashAttention.SequenceSpan(query, rows, rows, key, op.keys(), op.keys() - rows);
        }
        int length = s.lengths().get(i);
        return s.zeroPadding()
                ? new FlashAttention.SequenceSpan(query, rows, rows, key, Math.max(1, length), 0)
                : new FlashAttention.SequenceSpan(query, length, rows, key, length, 0);
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
        var data = new FlashAttention.Operands(
                addressOf(operands.get(0)),
                addressOf(operands.get(1)),
                addressOf(operands.get(2)),
                addressOf(y),
                addressOf(sums));
        List<FlashAttention.SequenceSpan> spans = spans(operands.get(1).extent(1));
        if (isDecoding()) {
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
        var data = new FlashAttention.Operands(
                addressOf(operands.get(0)),
                addressOf(operands.get(1)),
                addressOf(operands.get(2)),
                addressOf(results.get(0)),
                addressOf(results.get(1)));
        var addresses = new FlashAttention.Gradients(
                addressOf(gradients.getFirst().orElseThrow()),
                addressOf(d.get(0)),
                addressOf(d.get(1)),
                addressOf(d.get(2)));
        d.forEach(x -> NativeMemory.fill(addressOf(x), x.type().bytes(), (byte) 0));
        new FlashAttentionBackward(kernelContext.threads())
                .run(heads(operands), spans(operands.get(1).extent(1)), data, addresses);
        return d.stream().map(Optional::of).toList();
    }
}
