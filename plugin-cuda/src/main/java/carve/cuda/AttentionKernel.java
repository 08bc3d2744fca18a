package carve.cuda;

import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SoftmaxAttention} by tiles of queries and keys; few queries by splitting the keys. Keeps the logarithm of each query's sum of exponentials, (B, T, H). */
final class AttentionKernel implements ScopedKernel.Narrow {
    private static final String FILE = "softmax_attention";
    private static final int TILE = 64;
    private static final int WIDEST = 256;
    private static final int FEW = 4;

    private final Engine engine;
    private final SoftmaxAttention op;

    AttentionKernel(Engine engine, SoftmaxAttention op) {
        this.engine = engine;
        this.op = op;
    }

    /** Returns whether heads are narrow enough, and stored in types that are taken. */
    static boolean takes(List<TensorType> operands) {
        return operands.get(0).dtype() == DType.F32
                && operands.get(1).dtype() == operands.get(2).dtype()
                && operands.get(1).dtype().isFloating()
                && operands.get(1).shape().extent(3) <= WIDEST
                && operands.get(2).shape().extent(3) <= WIDEST;
    }

    @Override
    public String name() {
        return engine.tensor().isEmpty() ? "tiled-attention" : "tiled-attention on tensor cores";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    // first row of q, rows, first row of k, rows, shift
    private Tensor spans(int capacity) {
        Sequences s = op.sequences();
        int[] spans = new int[5 * s.count()];
        for (int i = 0; i < s.count(); i++) {
            int[] span = span(s, i, capacity);
            System.arraycopy(span, 0, spans, 5 * i, span.length);
        }
        return engine.numbers(spans);
    }

    private int[] span(Sequences s, int i, int capacity) {
        if (s.isPacked()) {
            int from = s.offsets().get(i);
            int rows = s.offsets().get(i + 1) - from;
            return new int[] {from, rows, from, rows, 0};
        }
        int t = s.positions();
        if (!s.isPadded()) {
            return new int[] {i * t, t, i * capacity, op.keys(), op.keys() - t};
        }
        int length = s.lengths().get(i);
        return s.isBlank()
                ? new int[] {i * t, t, i * capacity, Math.max(1, length), 0}
                : new int[] {i * t, length, i * capacity, length, 0};
    }

    /** The structure of the same name in {@code softmax_attention.cu}. */
    private Launch.Struct attention(List<Tensor> operands) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        return new Launch.Struct(
                q,
                k,
                v,
                spans(k.extent(1)),
                Code.of(k.dtype()),
                q.extent(2),
                k.extent(2),
                k.extent(3),
                v.extent(3),
                op.causal(),
                (float) op.scale(),
                0);
    }

    private List<String> tiles(List<Tensor> operands) {
        int width = Math.max(operands.get(1).extent(3), operands.get(2).extent(3));
        if (width > 2 * TILE) {
            return List.of("-DTILES=4");
        }
        if (engine.tensor().isEmpty()) {
            return List.of("-DTILES=" + (width <= TILE ? 1 : 2));
        }
        List<String> options = new ArrayList<>(List.of("-DTILES=2"));
        options.addAll(engine.tensor());
        return options;
    }

    private Launch.Grid grid(int rows, int heads) {
        return new Launch.Grid((rows + TILE - 1) / TILE, heads, op.sequences().count());
    }

    private boolean leavesRowsOut() {
        return op.sequences().isPadded() && !op.sequences().isBlank();
    }

    private Tensor make(TensorType type, boolean whole) {
        return whole ? engine.make(type) : engine.zeros(type);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Sequences s = op.sequences();
        Tensor q = operands.get(0);
        int heads = q.extent(2);
        Tensor y = make(
                TensorType.f32(s.batch(), s.positions(), heads, operands.get(2).extent(3)), !leavesRowsOut());
        Tensor sums = make(TensorType.f32(s.batch(), s.positions(), heads), !leavesRowsOut());
        if (s.positions() <= FEW && !s.isPacked() && !s.isPadded()) {
            step(operands, y, sums);
        } else {
            engine.stream()
                    .run(
                            tiles(operands),
                            FILE,
                            "attention_forward",
                            grid(s.longest(), heads),
                            attention(operands),
                            y,
                            sums);
        }
        return List.of(y, sums);
    }

    private void step(List<Tensor> operands, Tensor y, Tensor sums) {
        int heads = y.extent(2);
        int rows = y.extent(0) * y.extent(1);
        int width = y.extent(3);
        int most = (op.keys() + TILE - 1) / TILE;
        int splits = Math.clamp(4L * engine.card().processors() / ((long) heads * rows), 1, most);
        int piece = (op.keys() + splits - 1) / splits;
        Tensor parts = engine.make(TensorType.f32(rows, heads, splits, width + 2));
        List<String> tiles = tiles(operands);
        engine.stream()
                .run(
                        tiles,
                        FILE,
                        "attention_step",
                        new Launch.Grid(splits, heads, rows),
                        attention(operands),
                        parts,
                        y.extent(1),
                        piece);
        engine.stream()
                .run(tiles, FILE, "attention_join", new Launch.Grid(heads, rows, 1), parts, y, sums, splits, width);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor q = operands.get(0);
        Tensor k = operands.get(1);
        Tensor v = operands.get(2);
        Tensor dy = gradients.getFirst().orElseThrow();
        long rows = results.get(1).shape().size();
        Tensor products = engine.make(results.get(1).type());
        List<String> tiles = tiles(operands);
        int warps = Launch.THREADS / 32;
        engine.stream()
                .run(
                        tiles,
                        FILE,
                        "attention_products",
                        Launch.Grid.of((rows + warps - 1) / warps),
                        dy,
                        results.get(0),
                        products,
                        rows,
                        v.extent(3));
        var slope = new Launch.Struct(dy, results.get(1), products);
        Launch.Struct attention = attention(operands);
        Tensor dq = make(q.type(), !leavesRowsOut());
        Sequences s = op.sequences();
        engine.stream().run(tiles, FILE, "attention_queries", grid(s.longest(), q.extent(2)), attention, slope, dq);
        Tensor dk = engine.zeros(k.type().with(DType.F32)); // keys that nobody sees stay 0
        Tensor dv = engine.zeros(v.type().with(DType.F32));
        engine.stream().run(tiles, FILE, "attention_keys", grid(op.keys(), k.extent(2)), attention, slope, dk, dv);
        return List.of(Optional.of(dq), Optional.of(dk), Optional.of(dv));
    }
}
