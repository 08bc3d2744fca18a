package carve.cpu.conv;

import static carve.cpu.kernel.KernelContext.addressOf;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.op.CausalConv;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.VectorMath;
import carve.cpu.thread.Scratchpad;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link CausalConv} of width 2 or more, vectors along channels.
 *
 * <p>Weights and states are permuted to have channels last, so that every tap is a row. Backward is three passes: the
 * gradient of the sum before SiLU; that of inputs and state, which is a convolution the other way; that of weights and
 * bias, summed by blocks of positions.
 */
public final class CausalConvKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;
    private static final int CHANNELS = 1024;

    private final KernelContext kernelContext;
    private final ConvStep convStep;
    private final CausalConv op;

    /** Makes the kernel, which runs short sequences by {@code convStep}. */
    public CausalConvKernel(KernelContext kernelContext, ConvStep convStep, CausalConv op) {
        this.kernelContext = kernelContext;
        this.convStep = convStep;
        this.op = op;
    }

    @Override
    public String name() {
        return op.sequenceLayout().maxLength() <= ConvStepLoop.MAX_STEP_POSITIONS ? "causal-conv-step" : "causal-conv";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    /**
     * The addresses of the operands, channels last.
     *
     * @param x the inputs (rows, C)
     * @param weight the taps (W, C)
     * @param bias the bias (C)
     * @param state the inputs before the first, (S, W-1, C)
     * @param channels C
     * @param width W
     */
    private record Inputs(long x, long weight, long bias, long state, int channels, int width) {
        /** Returns the input of a sequence at a position, which may lie before it. */
        long row(Sequence sequence, int position) {
            return position >= 0
                    ? x + 4L * (sequence.start + position) * channels
                    : state + 4L * ((long) sequence.index * (width - 1) + width - 1 + position) * channels;
        }

        /** Writes the sum at a position, before SiLU. */
        void sum(Sequence sequence, int position, float[] to) {
            NativeMemory.copy(bias, to, 0, channels);
            for (int i = 0; i < width; i++) {
                addProduct(weight + 4L * i * channels, row(sequence, position - width + 1 + i), to, 0, channels);
            }
        }
    }

    /** Adds the products of the elements of two rows to an array. */
    private static void addProduct(long a, long b, float[] to, int at, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector sum = FloatVector.fromArray(F, to, at + i);
            load(a + 4L * i).fma(load(b + 4L * i), sum).intoArray(to, at + i);
        }
        for (; i < n; i++) {
            to[at + i] = Math.fma(NativeMemory.get(a + 4L * i), NativeMemory.get(b + 4L * i), to[at + i]);
        }
    }

    /** A sequence: its number, its first row and its length. */
    private record Sequence(int index, int start, int length) {}

    private Sequence sequence(int index) {
        SequenceLayout s = op.sequenceLayout();
        return s.isPacked()
                ? new Sequence(
                        index,
                        s.offsets().get(index),
                        s.offsets().get(index + 1) - s.offsets().get(index))
                : new Sequence(index, index * s.positions(), s.positions());
    }

    private static Inputs inputs(List<Tensor> operands) {
        Tensor weight = operands.get(1);
        int channels = weight.extent(0);
        int width = weight.extent(2);
        return new Inputs(
                addressOf(operands.get(0)),
                addressOf(weight.permute(2, 1, 0)),
                addressOf(operands.get(2)),
                addressOf(operands.get(3).permute(0, 2, 1)),
                channels,
                width);
    }

    /** The body of a loop over positions. */
    @FunctionalInterface
    private interface Position {
        void run(Sequence sequence, int position, Scratchpad scratchpad);
    }

    /** Runs something at the positions {@code first <= position < length} of all sequences. */
    private void positions(int first, int channels, Position work) {
        int count = op.sequenceLayout().count();
        int block = Math.max(1, GRAIN / channels);
        int blocks = (op.sequenceLayout().maxLength() - first + block - 1) / block;
        kernelContext.threads().parallelFor(count * blocks, (task, scratchpad) -> {
            Sequence sequence = sequence(task / blocks);
            int from = first + task % blocks * block;
            for (int t = from; t < Math.min(sequence.length, from + block); t++) {
                try (var _ = scratchpad.frame()) {
                    work.run(sequence, t, scratchpad);
                }
            }
        });
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        if (op.sequenceLayout().maxLength() <= ConvStepLoop.MAX_STEP_POSITIONS) {
            return steps(operands);
        }
        Inputs in = inputs(operands);
        int channels = in.channels;
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        long to = addressOf(y);
        var rows = new FixedTapConv(in.weight, in.bias, channels, op.silu());
        positions(0, channels, (sequence, t, scratchpad) -> {
            long row = to + 4L * (sequence.start + t) * channels;
            if (in.width == 2) {
                rows.twoTaps(in.row(sequence, t - 1), in.row(sequence, t), row);
            } else if (in.width == 4) {
                rows.fourTaps(
                        in.row(sequence, t - 3),
                        in.row(sequence, t - 2),
                        in.row(sequence, t - 1),
                        in.row(sequence, t),
                        row);
            } else {
                float[] sum = scratchpad.floats(channels + LANES);
                in.sum(sequence, t, sum);
                write(sum, row, channels);
            }
        });
        return List.of(y, next(in, operands.get(3)));
    }

    private List<Tensor> steps(List<Tensor> operands) {
        Tensor weight = operands.get(1);
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        Tensor next = kernelContext.allocate(operands.get(3).type());
        var steps = new ConvStepLoop(
                addressOf(operands.get(0)),
                addressOf(weight),
                addressOf(operands.get(2)),
                addressOf(operands.get(3)),
                addressOf(y),
                addressOf(next),
                weight.extent(0),
                weight.extent(2),
                op.silu(),
                convStep);
        int channels = steps.channels();
        int parts = (channels + CHANNELS - 1) / CHANNELS;
        int tasks = op.sequenceLayout().count() * parts;
        kernelContext.threads().parallelFor(tasks * CHANNELS <= GRAIN, tasks, (task, scratchpad) -> {
            Sequence sequence = sequence(task / parts);
            int from = task % parts * CHANNELS;
            steps.run(sequence.index, sequence.start, sequence.length, from, Math.min(CHANNELS, channels - from));
        });
        return List.of(y, next);
    }

    private void write(float[] sum, long y, int channels) {
        for (int c = 0; c < channels; c += LANES) {
            FloatVector value = FloatVector.fromArray(F, sum, c);
            store(y + 4L * c, op.silu() ? VectorMath.silu(value) : value, NativeMemory.firstLanes(channels - c));
        }
    }

    private Tensor next(Inputs in, Tensor state) {
        int before = in.width - 1;
        Tensor rows = kernelContext.allocate(TensorType.f32(state.extent(0), before, in.channels));
        long to = addressOf(rows);
        for (int s = 0; s < state.extent(0); s++) {
            Sequence sequence = sequence(s);
            for (int i = 0; i < before; i++) {
                NativeMemory.copyShort(
                        in.row(sequence, sequence.length - before + i),
                        to + 4L * ((long) s * before + i) * in.channels,
                        4L * in.channels);
            }
        }
        return rows.permute(0, 2, 1);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Inputs in = inputs(operands);
        TensorType type = operands.getFirst().type();
        Tensor dy = kernelContext.gradientOrZeros(gradients.get(0), type);
        Tensor ds = op.silu() ? preActivationGradient(in, dy) : dy;
        Tensor dx = kernelContext.allocate(type);
        TensorType stateType = TensorType.f32(op.sequenceLayout().count(), in.width - 1, in.channels);
        Tensor before = kernelContext.allocate(stateType);
        long next = gradients.get(1).map(g -> addressOf(g.permute(0, 2, 1))).orElse(0L);
        inputGradients(in, addressOf(ds), next, addressOf(dx), addressOf(before));
        Tensor dw = kernelContext.allocate(TensorType.f32(in.width, 1, in.channels));
        Tensor db = kernelContext.allocate(operands.get(2).type());
        weights(in, addressOf(ds), addressOf(dw), addressOf(db));
        return List.of(
                Optional.of(dx),
                Optional.of(dw.permute(2, 1, 0)),
                Optional.of(db),
                Optional.of(before.permute(0, 2, 1)));
    }

    private Tensor preActivationGradient(Inputs in, Tensor dy) {
        int channels = in.channels;
        Tensor ds = kernelContext.allocate(dy.type());
        long from = addressOf(dy);
        long to = addressOf(ds);
        positions(0, channels, (sequence, t, scratchpad) -> {
            float[] sum = scratchpad.floats(channels + LANES);
            in.sum(sequence, t, sum);
            long row = 4L * (sequence.start + t) * channels;
            siluGradient(sum, from + row, to + row, channels);
        });
        return ds;
    }

    private static void siluGradient(float[] sum, long from, long to, int channels) {
        int whole = F.loopBound(channels);
        for (int c = 0; c < whole; c += LANES) {
            FloatVector d = load(from + 4L * c);
            store(
                    to + 4L * c,
                    VectorMath.siluDerivative(FloatVector.fromArray(F, sum, c)).mul(d));
        }
        if (whole < channels) {
            siluGradientTail(sum, whole, from + 4L * whole, to + 4L * whole, NativeMemory.firstLanes(channels - whole));
        }
    }

    private static void siluGradientTail(float[] sum, int at, long from, long to, VectorMask<Float> rest) {
        FloatVector d = load(from, rest);
        store(to, VectorMath.siluDerivative(FloatVector.fromArray(F, sum, at)).mul(d), rest);
    }

    /** Writes the gradients of the inputs and of the state, whose rows are the positions before the first. */
    private void inputGradients(Inputs in, long ds, long next, long dx, long before) {
        int kept = in.width - 1;
        positions(-kept, in.channels, (sequence, t, scratchpad) -> {
            long to = t >= 0
                    ? dx + 4L * (sequence.start + t) * in.channels
                    : before + 4L * ((long) sequence.index * kept + kept + t) * in.channels;
            int last = t - sequence.length + kept; // the row of the next state that this input is
            long from = next != 0 && last >= 0 ? next + 4L * ((long) sequence.index * kept + last) * in.channels : 0;
            inputGradientRow(in, sequence, t, ds, from, to, scratchpad.floats(in.channels));
        });
    }

    private static void inputGradientRow(
            Inputs in, Sequence sequence, int t, long ds, long next, long to, float[] sum) {
        int channels = in.channels;
        if (next == 0) {
            Arrays.fill(sum, 0, channels, 0);
        } else {
            NativeMemory.copy(next, sum, 0, channels);
        }
        for (int i = 0; i < in.width; i++) {
            int user = t + in.width - 1 - i; // the position that multiplies this input by tap i
            if (user >= 0 && user < sequence.length) {
                addProduct(
                        in.weight + 4L * i * channels, ds + 4L * (sequence.start + user) * channels, sum, 0, channels);
            }
        }
        NativeMemory.copy(sum, 0, to, channels);
    }

    /** Writes the gradients of weights and bias: sums of blocks of positions, added up in their order. */
    private void weights(Inputs in, long ds, long dw, long db) {
        int channels = in.channels;
        int length = (in.width + 1) * channels;
        int count = op.sequenceLayout().count();
        int block =
                Math.max(1, Math.max(4 * GRAIN / channels, op.sequenceLayout().maxLength() / 16));
        int blocks = (op.sequenceLayout().maxLength() + block - 1) / block;
        int perTask = Math.max(1, count * blocks / 32);
        int tasks = (count * blocks + perTask - 1) / perTask;
        float[] sums = new float[tasks * length];
        kernelContext.threads().parallelFor(tasks, (task, scratchpad) -> {
            for (int b = task * perTask; b < Math.min(count * blocks, (task + 1) * perTask); b++) {
                Sequence sequence = sequence(b / blocks);
                int from = b % blocks * block;
                for (int t = from; t < Math.min(sequence.length, from + block); t++) {
                    addWeights(in, sequence, t, ds + 4L * (sequence.start + t) * channels, sums, task * length);
                }
            }
        });
        for (int task = 1; task < tasks; task++) {
            for (int i = 0; i < length; i++) {
                sums[i] += sums[task * length + i];
            }
        }
        NativeMemory.copy(sums, 0, dw, in.width * channels);
        NativeMemory.copy(sums, in.width * channels, db, channels);
    }

    private static void addWeights(Inputs in, Sequence sequence, int t, long ds, float[] sums, int at) {
        int channels = in.channels;
        for (int i = 0; i < in.width; i++) {
            addProduct(ds, in.row(sequence, t - in.width + 1 + i), sums, at + i * channels, channels);
        }
        int to = at + in.width * channels;
        int c = 0;
        for (; c <= channels - LANES; c += LANES) {
            FloatVector.fromArray(F, sums, to + c).add(load(ds + 4L * c)).intoArray(sums, to + c);
        }
        for (; c < channels; c++) {
            sums[to + c] += NativeMemory.get(ds + 4L * c);
        }
    }
}
