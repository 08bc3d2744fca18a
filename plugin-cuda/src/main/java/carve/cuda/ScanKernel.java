package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.DecayScan;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link DecayScan}: by chunks, or position by position where there are few; see {@code decay_scan.cu}. */
final class ScanKernel implements Kernel {
    private static final String FILE = "decay_scan";
    private static final int CHUNK = 64;
    private static final int FEW = 16;
    private static final int WIDEST = 256;
    private static final int WARPS = Launch.THREADS / 32;

    private final Engine engine;
    private final DecayScan op;

    ScanKernel(Engine engine, DecayScan op) {
        this.engine = engine;
        this.op = op;
    }

    @Override
    public String name() {
        return engine.tensor().isEmpty() ? "chunk64-scan" : "chunk64-scan on tensor cores";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private int count() {
        return op.sequences().count();
    }

    private int chunks() {
        return (op.sequences().longest() + CHUNK - 1) / CHUNK;
    }

    private static int heads(List<Tensor> operands) {
        return operands.get(DecayScan.G).extent(2);
    }

    /** The structure of the same name in {@code decay_scan.cu}. */
    private Launch.Struct scan(List<Tensor> operands) {
        Tensor q = operands.get(DecayScan.Q);
        Tensor v = operands.get(DecayScan.V);
        return new Launch.Struct(
                q,
                operands.get(DecayScan.K),
                v,
                operands.get(DecayScan.G),
                operands.get(DecayScan.W),
                engine.spans(op.sequences()),
                heads(operands),
                q.extent(2),
                operands.get(DecayScan.K).extent(2),
                v.extent(2),
                q.extent(3),
                v.extent(3),
                chunks(),
                0);
    }

    private Launch.Grid byChunk(List<Tensor> operands) {
        return new Launch.Grid(chunks(), heads(operands), count());
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor v = operands.get(DecayScan.V);
        Tensor begin = operands.get(DecayScan.STATE);
        Tensor y = engine.make(v.type().with(Shape.of(v.extent(0), v.extent(1), heads(operands), v.extent(3))));
        Tensor next = engine.make(begin.type());
        Launch.Struct scan = scan(operands);
        if (op.sequences().longest() <= FEW && begin.extent(3) <= WIDEST) {
            int rows = (v.extent(3) + WARPS - 1) / WARPS;
            engine.stream()
                    .run(
                            engine.tensor(),
                            FILE,
                            "scan_step",
                            new Launch.Grid(rows, heads(operands), count()),
                            scan,
                            begin,
                            y,
                            next);
        } else {
            Tensor states = states(operands, scan, next);
            engine.stream().run(engine.tensor(), FILE, "scan_outputs", byChunk(operands), scan, states, y);
        }
        return List.of(y, next);
    }

    /** Returns the states before each chunk; sets the state after the last. */
    private Tensor states(List<Tensor> operands, Launch.Struct scan, Tensor next) {
        Tensor begin = operands.get(DecayScan.STATE);
        Tensor states = chunkStates(begin);
        engine.stream().run(engine.tensor(), FILE, "scan_states", byChunk(operands), scan, 0L, states);
        pass(scan, begin, states, next, false, begin);
        return states;
    }

    private Tensor chunkStates(Tensor state) {
        return engine.make(TensorType.f32(count(), chunks(), state.extent(1), state.extent(2), state.extent(3)));
    }

    private void pass(Launch.Struct scan, Object begin, Tensor states, Object last, boolean reverse, Tensor state) {
        int elements = state.extent(2) * state.extent(3);
        var grid = new Launch.Grid((elements + Launch.THREADS - 1) / Launch.THREADS, state.extent(1), count());
        engine.stream().run(engine.tensor(), FILE, "scan_pass", grid, scan, begin, states, last, reverse);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy = engine.gradient(gradients.get(0), results.get(0).type());
        Tensor begin = operands.get(DecayScan.STATE);
        Launch.Struct scan = scan(operands);
        Tensor before = chunkStates(begin);
        engine.stream().run(engine.tensor(), FILE, "scan_states", byChunk(operands), scan, 0L, before);
        pass(scan, begin, before, 0L, false, begin);
        Tensor after = chunkStates(begin);
        engine.stream().run(engine.tensor(), FILE, "scan_states", byChunk(operands), scan, dy, after);
        Tensor dBegin = engine.make(begin.type());
        pass(scan, gradients.get(1).map(Object.class::cast).orElse(0L), after, dBegin, true, begin);
        Tensor dq = perHead(operands, DecayScan.Q);
        Tensor dk = perHead(operands, DecayScan.K);
        Tensor dv = perHead(operands, DecayScan.V);
        Tensor dg = engine.make(operands.get(DecayScan.G).type());
        Tensor dw = engine.make(operands.get(DecayScan.W).type());
        engine.stream()
                .run(
                        engine.tensor(),
                        FILE,
                        "scan_backward",
                        byChunk(operands),
                        scan,
                        dy,
                        before,
                        after,
                        dq,
                        dk,
                        dv,
                        dg,
                        dw);
        return List.of(
                Optional.of(byGroup(dq, operands.get(DecayScan.Q))),
                Optional.of(byGroup(dk, operands.get(DecayScan.K))),
                Optional.of(byGroup(dv, operands.get(DecayScan.V))),
                Optional.of(dg),
                Optional.of(dw),
                Optional.of(dBegin));
    }

    private Tensor perHead(List<Tensor> operands, int index) {
        Tensor x = operands.get(index);
        return engine.make(TensorType.f32(x.extent(0), x.extent(1), heads(operands), x.extent(3)));
    }

    private Tensor byGroup(Tensor gradient, Tensor operand) {
        int share = gradient.extent(2) / operand.extent(2);
        if (share == 1) {
            return gradient;
        }
        Tensor sum = engine.make(operand.type());
        long n = sum.shape().size();
        engine.stream()
                .run(engine.tensor(), FILE, "scan_groups", Launch.Grid.over(n), gradient, sum, n, share, sum.extent(3));
        return sum;
    }
}
