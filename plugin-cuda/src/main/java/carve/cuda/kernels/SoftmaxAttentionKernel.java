package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.device.kit.OperandTypes;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.KernelLaunch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SoftmaxAttention} by tiles of queries and keys; few queries by splitting the keys. Saves the logarithm of each query's sum of exponentials, (B, T, H). */
final class SoftmaxAttentionKernel implements Kernel {
    private static final String FILE = "softmax_attention";
    private static final int TILE = 64;
    private static final int MAX_HEAD_WIDTH = 256;
    private static final int MAX_DECODE_HEAD_WIDTH = 576;
    private static final int MAX_DECODE_POSITIONS = 4;

    private final KernelContext kernelContext;
    private final SoftmaxAttention op;
    private final boolean narrow;

    SoftmaxAttentionKernel(KernelContext kernelContext, SoftmaxAttention op, List<TensorType> operands) {
        this.kernelContext = kernelContext;
        this.op = op;
        this.narrow = headWidth(operands) <= MAX_HEAD_WIDTH;
    }

    /** Returns whether heads are narrow enough, and stored in types that are taken. */
    static boolean supports(SoftmaxAttention op, List<TensorType> operands) {
        return operands.get(0).dtype() == DType.F32
                && operands.get(1).dtype() == operands.get(2).dtype()
                && operands.get(1).dtype().isFloating()
                && (operands.size() == 3 || operands.get(3).dtype() == DType.F32)
                && headWidth(operands) <= (isDecoding(op) ? MAX_DECODE_HEAD_WIDTH : MAX_HEAD_WIDTH);
    }

    private static int headWidth(List<TensorType> operands) {
        return Math.max(
                operands.get(1).shape().extent(3), operands.get(2).shape().extent(3));
    }

    private static boolean isDecoding(SoftmaxAttention op) {
        SequenceLayout s = op.sequenceLayout();
        return s.positions() <= MAX_DECODE_POSITIONS && !s.isPacked() && !s.isPadded();
    }

    @Override
    public String name() {
        return kernelContext.tensorCoreOptions().isEmpty() ? "tiled-attention" : "tiled-attention on tensor cores";
    }

    /** Returns false for heads so wide that only decoding takes them: the gradient is that of the reference. */
    @Override
    public boolean differentiable() {
        return narrow;
    }

    // the keys before the windows of all queries, where rows are whole
    private int hiddenKeys() {
        int first = op.keys() - op.sequenceLayout().positions();
        return op.window() == 0 ? 0 : Math.max(0, first + 1 - op.window());
    }

    // first row of q, rows, first row of k, rows, shift
    private Tensor spans(int capacity) {
        SequenceLayout s = op.sequenceLayout();
        int[] spans = new int[5 * s.count()];
        for (int i = 0; i < s.count(); i++) {
            int[] span = span(s, i, capacity);
            System.arraycopy(span, 0, spans, 5 * i, span.length);
        }
        return kernelContext.intTensor(spans);
    }

    private int[] span(SequenceLayout s, int i, int capacity) {
        if (s.isPacked()) {
            int from = s.offsets().get(i);
            int rows = s.offsets().get(i + 1) - from;
            return new int[] {from, rows, from, rows, 0};
        }
        int t = s.positions();
        if (!s.isPadded()) {
            int hidden = hiddenKeys();
            return new int[] {i * t, t, i * capacity + hidden, op.keys() - hidden, op.keys() - t - hidden};
        }
        int length = s.lengths().get(i);
        return s.zeroPadding()
                ? new int[] {i * t, t, i * capacity, Math.max(1, length), 0}
                : new int[] {i * t, length, i * capacity, length, 0};
    }

    /** The structure of the same name in {@code softmax_attention.cu}. */
    private KernelLaunch.StructArgument attention(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        return new KernelLaunch.StructArgument(
                q,
                k,
                v,
                spans(k.extent(1)),
                sinks(operands),
                DTypeCode.of(k.dtype()),
                q.extent(2),
                k.extent(2),
                k.extent(3),
                v.extent(3),
                op.causal(),
                op.window(),
                (float) op.scale(),
                (float) op.softCap(),
                0);
    }

    private static Object sinks(List<Tensor> operands) {
        return operands.size() == 3 ? Long.valueOf(0) : operands.get(3);
    }

    private List<String> tileOptions(List<Tensor> operands) {
        int width = Math.max(operands.get(1).extent(3), operands.get(2).extent(3));
        if (!narrow) {
            return List.of("-DTILES=1", "-DSTEPS=18");
        }
        if (width > 2 * TILE) {
            return List.of("-DTILES=4");
        }
        if (kernelContext.tensorCoreOptions().isEmpty()) {
            return List.of("-DTILES=" + (width <= TILE ? 1 : 2));
        }
        List<String> options = new ArrayList<>(List.of("-DTILES=2"));
        options.addAll(kernelContext.tensorCoreOptions());
        return options;
    }

    private KernelLaunch.Grid grid(int rows, int heads) {
        return new KernelLaunch.Grid(
                (rows + TILE - 1) / TILE, heads, op.sequenceLayout().count());
    }

    private boolean skipsPaddedRows() {
        return op.sequenceLayout().isPadded() && !op.sequenceLayout().zeroPadding();
    }

    private Tensor make(TensorType type, boolean whole) {
        return whole ? kernelContext.allocate(type) : kernelContext.zeros(type);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        SequenceLayout s = op.sequenceLayout();
        Tensor q = operands.get(0);
        int heads = q.extent(2);
        Tensor y = make(
                TensorType.f32(s.batch(), s.positions(), heads, operands.get(2).extent(3)), !skipsPaddedRows());
        Tensor sums = make(TensorType.f32(s.batch(), s.positions(), heads), !skipsPaddedRows());
        if (isDecoding(op)) {
            decode(operands, y, sums);
        } else {
            kernelContext
                    .gpuStream()
                    .launch(
                            tileOptions(operands),
                            FILE,
                            "attention_forward",
                            grid(s.maxLength(), heads),
                            attention(operands),
                            y,
                            sums);
        }
        return List.of(y, sums);
    }

    private void decode(List<Tensor> operands, Tensor y, Tensor sums) {
        int heads = y.extent(2);
        int rows = y.extent(0) * y.extent(1);
        int width = y.extent(3);
        int keys = op.keys() - hiddenKeys();
        int most = (keys + TILE - 1) / TILE;
        int splits = Math.clamp(4L * kernelContext.properties().multiprocessors() / ((long) heads * rows), 1, most);
        int piece = (keys + splits - 1) / splits;
        Tensor parts = kernelContext.allocate(TensorType.f32(rows, heads, splits, width + 2));
        List<String> tiles = tileOptions(operands);
        kernelContext
                .gpuStream()
                .launch(
                        tiles,
                        FILE,
                        "attention_step",
                        new KernelLaunch.Grid(splits, heads, rows),
                        attention(operands),
                        parts,
                        y.extent(1),
                        piece);
        kernelContext
                .gpuStream()
                .launch(
                        tiles,
                        FILE,
                        "attention_join",
                        new KernelLaunch.Grid(heads, rows, 1),
                        parts,
                        sinks(operands),
                        y,
                        sums,
                        splits,
                        width);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        Tensor dy = gradients.getFirst().orElseThrow();
        long rows = results.get(1).shape().size();
        Tensor products = kernelContext.allocate(results.get(1).type());
        List<String> tiles = tileOptions(operands);
        int warps = KernelLaunch.THREADS / 32;
        kernelContext
                .gpuStream()
                .launch(
                        tiles,
                        FILE,
                        "attention_products",
                        KernelLaunch.Grid.of((rows + warps - 1) / warps),
                        dy,
                        results.get(0),
                        products,
                        rows,
                        v.extent(3));
        var gradient = new KernelLaunch.StructArgument(dy, results.get(1), products);
        KernelLaunch.StructArgument attention = attention(operands);
        Tensor dq = make(q.type(), !skipsPaddedRows());
        SequenceLayout s = op.sequenceLayout();
        kernelContext
                .gpuStream()
                .launch(tiles, FILE, "attention_queries", grid(s.maxLength(), q.extent(2)), attention, gradient, dq);
        Tensor dk = kernelContext.zeros(k.type().with(DType.F32)); // masked keys stay 0
        Tensor dv = kernelContext.zeros(v.type().with(DType.F32));
        kernelContext
                .gpuStream()
                .launch(tiles, FILE, "attention_keys", grid(op.keys(), k.extent(2)), attention, gradient, dk, dv);
        List<Optional<Tensor>> all = new ArrayList<>(List.of(Optional.of(dq), Optional.of(dk), Optional.of(dv)));
        if (operands.size() == 4) {
            all.add(Optional.of(sinkGradient(operands.get(3), gradient, rows)));
        }
        return OperandTypes.castGradients(operands, all);
    }

    private Tensor sinkGradient(Tensor sinks, KernelLaunch.StructArgument gradient, long rows) {
        Tensor dSinks = kernelContext.allocate(sinks.type());
        int heads = sinks.extent(0);
        kernelContext
                .gpuStream()
                .launch(
                        List.of("-DTILES=1"),
                        FILE,
                        "attention_sinks",
                        KernelLaunch.Grid.of(heads),
                        sinks,
                        gradient,
                        dSinks,
                        rows / heads);
        return dSinks;
    }
}
