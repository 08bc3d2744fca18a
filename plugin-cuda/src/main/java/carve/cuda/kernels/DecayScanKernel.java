package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.DecayScan;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link DecayScan}: by chunks, or position by position where there are few; see {@code decay_scan.cu}. */
final class DecayScanKernel implements Kernel {
    private static final String FILE = "decay_scan";
    private static final int CHUNK = 64;
    private static final int MAX_STEP_POSITIONS = 16;
    private static final int MAX_STATE_WIDTH = 256;
    private static final int WARPS = KernelLaunch.THREADS / 32;

    private final KernelContext kernelContext;
    private final DecayScan op;

    DecayScanKernel(KernelContext kernelContext, DecayScan op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return kernelContext.tensorCoreOptions().isEmpty() ? "chunk64-scan" : "chunk64-scan on tensor cores";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private int count() {
        return op.sequenceLayout().count();
    }

    private int chunks() {
        return (op.sequenceLayout().maxLength() + CHUNK - 1) / CHUNK;
    }

    private static int heads(List<Tensor> operands) {
        return operands.get(DecayScan.G).extent(2);
    }

    /** The structure of the same name in {@code decay_scan.cu}. */
    private KernelLaunch.StructArgument scan(List<Tensor> operands) {
        Tensor q = operands.get(DecayScan.Q);
        Tensor v = operands.get(DecayScan.V);
        return new KernelLaunch.StructArgument(
                q,
                operands.get(DecayScan.K),
                v,
                operands.get(DecayScan.G),
                operands.get(DecayScan.W),
                kernelContext.sequenceSpans(op.sequenceLayout()),
                heads(operands),
                q.extent(2),
                operands.get(DecayScan.K).extent(2),
                v.extent(2),
                q.extent(3),
                v.extent(3),
                chunks(),
                0);
    }

    private KernelLaunch.Grid byChunk(List<Tensor> operands) {
        return new KernelLaunch.Grid(chunks(), heads(operands), count());
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor v = operands.get(DecayScan.V);
        Tensor begin = operands.get(DecayScan.STATE);
        Tensor y =
                kernelContext.allocate(v.type().with(Shape.of(v.extent(0), v.extent(1), heads(operands), v.extent(3))));
        Tensor next = kernelContext.allocate(begin.type());
        KernelLaunch.StructArgument scan = scan(operands);
        if (op.sequenceLayout().maxLength() <= MAX_STEP_POSITIONS && begin.extent(3) <= MAX_STATE_WIDTH) {
            int rows = (v.extent(3) + WARPS - 1) / WARPS;
            kernelContext
                    .gpuStream()
                    .launch(
                            kernelContext.tensorCoreOptions(),
                            FILE,
                            "scan_step",
                            new KernelLaunch.Grid(rows, heads(operands), count()),
                            scan,
                            begin,
                            y,
                            next);
        } else {
            Tensor states = states(operands, scan, next);
            kernelContext
                    .gpuStream()
                    .launch(
                            kernelContext.tensorCoreOptions(),
                            FILE,
                            "scan_outputs",
                            byChunk(operands),
                            scan,
                            states,
                            y);
        }
        return List.of(y, next);
    }

    /** Returns the states before each chunk; sets the state after the last. */
    private Tensor states(List<Tensor> operands, KernelLaunch.StructArgument scan, Tensor next) {
        Tensor begin = operands.get(DecayScan.STATE);
        Tensor states = chunkStates(begin);
        kernelContext
                .gpuStream()
                .launch(kernelContext.tensorCoreOptions(), FILE, "scan_states", byChunk(operands), scan, 0L, states);
        passStates(scan, begin, states, next, false, begin);
        return states;
    }

    private Tensor chunkStates(Tensor state) {
        return kernelContext.allocate(
                TensorType.f32(count(), chunks(), state.extent(1), state.extent(2), state.extent(3)));
    }

    private void passStates(
            KernelLaunch.StructArgument scan, Object begin, Tensor states, Object last, boolean reverse, Tensor state) {
        int elements = state.extent(2) * state.extent(3);
        var grid = new KernelLaunch.Grid(
                (elements + KernelLaunch.THREADS - 1) / KernelLaunch.THREADS, state.extent(1), count());
        kernelContext
                .gpuStream()
                .launch(kernelContext.tensorCoreOptions(), FILE, "scan_pass", grid, scan, begin, states, last, reverse);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy =
                kernelContext.gradientOrZeros(gradients.get(0), results.get(0).type());
        Tensor begin = operands.get(DecayScan.STATE);
        KernelLaunch.StructArgument scan = scan(operands);
        Tensor before = chunkStates(begin);
        kernelContext
                .gpuStream()
                .launch(kernelContext.tensorCoreOptions(), FILE, "scan_states", byChunk(operands), scan, 0L, before);
        passStates(scan, begin, before, 0L, false, begin);
        Tensor after = chunkStates(begin);
        kernelContext
                .gpuStream()
                .launch(kernelContext.tensorCoreOptions(), FILE, "scan_states", byChunk(operands), scan, dy, after);
        Tensor dBegin = kernelContext.allocate(begin.type());
        passStates(scan, gradients.get(1).map(Object.class::cast).orElse(0L), after, dBegin, true, begin);
        Tensor dq = perHead(operands, DecayScan.Q);
        Tensor dk = perHead(operands, DecayScan.K);
        Tensor dv = perHead(operands, DecayScan.V);
        Tensor dg = kernelContext.allocate(operands.get(DecayScan.G).type());
        Tensor dw = kernelContext.allocate(operands.get(DecayScan.W).type());
        kernelContext
                .gpuStream()
                .launch(
                        kernelContext.tensorCoreOptions(),
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
                Optional.of(sumOverGroup(dq, operands.get(DecayScan.Q))),
                Optional.of(sumOverGroup(dk, operands.get(DecayScan.K))),
                Optional.of(sumOverGroup(dv, operands.get(DecayScan.V))),
                Optional.of(dg),
                Optional.of(dw),
                Optional.of(dBegin));
    }

    private Tensor perHead(List<Tensor> operands, int index) {
        Tensor x = operands.get(index);
        return kernelContext.allocate(TensorType.f32(x.extent(0), x.extent(1), heads(operands), x.extent(3)));
    }

    private Tensor sumOverGroup(Tensor gradient, Tensor operand) {
        int share = gradient.extent(2) / operand.extent(2);
        if (share == 1) {
            return gradient;
        }
        Tensor sum = kernelContext.allocate(operand.type());
        long n = sum.shape().size();
        kernelContext
                .gpuStream()
                .launch(
                        kernelContext.tensorCoreOptions(),
                        FILE,
                        "scan_groups",
                        KernelLaunch.Grid.over(n),
                        gradient,
                        sum,
                        n,
                        share,
                        sum.extent(3));
        return sum;
    }
}
