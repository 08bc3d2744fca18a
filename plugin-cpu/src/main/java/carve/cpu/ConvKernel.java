package carve.cpu;

import static carve.cpu.Engine.at;
import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;
import static carve.cpu.Memory.store;

import carve.api.device.Kernel;
import carve.api.op.CausalConv;
import carve.api.op.Sequences;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link CausalConv} of width 2 or more, vectors along channels.
 *
 * <p>Weights and states are turned to have channels last, so that every tap is a row. Backward is three passes: the
 * gradient of the sum before SiLU; that of inputs and state, which is a convolution the other way; that of weights and
 * bias, summed by blocks of positions.
 */
final class ConvKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;
    private static final int CHANNELS = 1024;
    private static final int SUM = 0;

    private final Engine engine;
    private final CausalConv op;

    ConvKernel(Engine engine, CausalConv op) {
        this.engine = engine;
        this.op = op;
    }

    @Override
    public String name() {
        return op.sequences().longest() <= ConvSteps.FEW ? "vector-conv-steps" : "vector-conv";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    /**
     * Where everything is, channels last.
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
            Memory.copy(bias, to, 0, channels);
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
            to[at + i] = Math.fma(Memory.get(a + 4L * i), Memory.get(b + 4L * i), to[at + i]);
        }
    }

    /** A sequence: its number, its first row and its length. */
    private record Sequence(int index, int start, int length) {}

    private Sequence sequence(int index) {
        Sequences s = op.sequences();
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
                at(operands.get(0)),
                at(weight.permute(2, 1, 0)),
                at(operands.get(2)),
                at(operands.get(3).permute(0, 2, 1)),
                channels,
                width);
    }

    /** What is done at a position of a sequence. */
    @FunctionalInterface
    private interface Position {
        void run(Sequence sequence, int position, Scratch scratch);
    }

    /** Runs something at the positions {@code first <= position < length} of all sequences. */
    private void positions(int first, int channels, Position work) {
        int count = op.sequences().count();
        int block = Math.max(1, GRAIN / channels);
        int blocks = (op.sequences().longest() - first + block - 1) / block;
        engine.workers().run(count * blocks, (task, scratch) -> {
            Sequence sequence = sequence(task / blocks);
            int from = first + task % blocks * block;
            for (int t = from; t < Math.min(sequence.length, from + block); t++) {
                work.run(sequence, t, scratch);
            }
        });
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        if (op.sequences().longest() <= ConvSteps.FEW) {
            return steps(operands);
        }
        Inputs in = inputs(operands);
        int channels = in.channels;
        Tensor y = engine.make(operands.getFirst().type());
        long to = at(y);
        var rows = new ConvRows(in.weight, in.bias, channels, op.silu());
        positions(0, channels, (sequence, t, scratch) -> {
            long row = to + 4L * (sequence.start + t) * channels;
            if (in.width == 2) {
                rows.two(in.row(sequence, t - 1), in.row(sequence, t), row);
            } else if (in.width == 4) {
                rows.four(
                        in.row(sequence, t - 3),
                        in.row(sequence, t - 2),
                        in.row(sequence, t - 1),
                        in.row(sequence, t),
                        row);
            } else {
                float[] sum = scratch.floats(SUM, channels + LANES);
                in.sum(sequence, t, sum);
                write(sum, row, channels);
            }
        });
        return List.of(y, next(in, operands.get(3)));
    }

    private List<Tensor> steps(List<Tensor> operands) {
        Tensor weight = operands.get(1);
        Tensor y = engine.make(operands.getFirst().type());
        Tensor next = engine.make(operands.get(3).type());
        var steps = new ConvSteps(
                at(operands.get(0)),
                at(weight),
                at(operands.get(2)),
                at(operands.get(3)),
                at(y),
                at(next),
                weight.extent(0),
                weight.extent(2),
                op.silu(),
                engine.convStep());
        int channels = steps.channels();
        int parts = (channels + CHANNELS - 1) / CHANNELS;
        int tasks = op.sequences().count() * parts;
        engine.workers().run(tasks * CHANNELS <= GRAIN, tasks, (task, scratch) -> {
            Sequence sequence = sequence(task / parts);
            int from = task % parts * CHANNELS;
            steps.run(sequence.index, sequence.start, sequence.length, from, Math.min(CHANNELS, channels - from));
        });
        return List.of(y, next);
    }

    private void write(float[] sum, long y, int channels) {
        for (int c = 0; c < channels; c += LANES) {
            FloatVector value = FloatVector.fromArray(F, sum, c);
            store(y + 4L * c, op.silu() ? VectorMath.silu(value) : value, Memory.first(channels - c));
        }
    }

    private Tensor next(Inputs in, Tensor state) {
        int before = in.width - 1;
        Tensor rows = engine.make(TensorType.f32(state.extent(0), before, in.channels));
        long to = at(rows);
        for (int s = 0; s < state.extent(0); s++) {
            Sequence sequence = sequence(s);
            for (int i = 0; i < before; i++) {
                Memory.copyShort(
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
        Tensor dy = engine.gradient(gradients.get(0), type);
        Tensor ds = op.silu() ? beforeSilu(in, dy) : dy;
        Tensor dx = engine.make(type);
        TensorType stateType = TensorType.f32(op.sequences().count(), in.width - 1, in.channels);
        Tensor before = engine.make(stateType);
        long next = gradients.get(1).map(g -> at(g.permute(0, 2, 1))).orElse(0L);
        spread(in, at(ds), next, at(dx), at(before));
        Tensor dw = engine.make(TensorType.f32(in.width, 1, in.channels));
        Tensor db = engine.make(operands.get(2).type());
        weights(in, at(ds), at(dw), at(db));
        return List.of(
                Optional.of(dx),
                Optional.of(dw.permute(2, 1, 0)),
                Optional.of(db),
                Optional.of(before.permute(0, 2, 1)));
    }

    private Tensor beforeSilu(Inputs in, Tensor dy) {
        int channels = in.channels;
        Tensor ds = engine.make(dy.type());
        long from = at(dy);
        long to = at(ds);
        positions(0, channels, (sequence, t, scratch) -> {
            float[] sum = scratch.floats(SUM, channels + LANES);
            in.sum(sequence, t, sum);
            long row = 4L * (sequence.start + t) * channels;
            slopes(sum, from + row, to + row, channels);
        });
        return ds;
    }

    private static void slopes(float[] sum, long from, long to, int channels) {
        int whole = F.loopBound(channels);
        for (int c = 0; c < whole; c += LANES) {
            FloatVector d = load(from + 4L * c);
            store(
                    to + 4L * c,
                    VectorMath.siluSlope(FloatVector.fromArray(F, sum, c)).mul(d));
        }
        if (whole < channels) {
            restSlopes(sum, whole, from + 4L * whole, to + 4L * whole, Memory.first(channels - whole));
        }
    }

    private static void restSlopes(float[] sum, int at, long from, long to, VectorMask<Float> rest) {
        FloatVector d = load(from, rest);
        store(to, VectorMath.siluSlope(FloatVector.fromArray(F, sum, at)).mul(d), rest);
    }

    /** Writes the gradients of the inputs and of the state, whose rows are the positions before the first. */
    private void spread(Inputs in, long ds, long next, long dx, long before) {
        int kept = in.width - 1;
        positions(-kept, in.channels, (sequence, t, scratch) -> {
            long to = t >= 0
                    ? dx + 4L * (sequence.start + t) * in.channels
                    : before + 4L * ((long) sequence.index * kept + kept + t) * in.channels;
            int last = t - sequence.length + kept; // the row of the next state that this input is
            long from = next != 0 && last >= 0 ? next + 4L * ((long) sequence.index * kept + last) * in.channels : 0;
            spreadRow(in, sequence, t, ds, from, to, scratch.floats(SUM, in.channels));
        });
    }

    private static void spreadRow(Inputs in, Sequence sequence, int t, long ds, long next, long to, float[] sum) {
        int channels = in.channels;
        if (next == 0) {
            Arrays.fill(sum, 0, channels, 0);
        } else {
            Memory.copy(next, sum, 0, channels);
        }
        for (int i = 0; i < in.width; i++) {
            int user = t + in.width - 1 - i; // the position that multiplies this input by tap i
            if (user >= 0 && user < sequence.length) {
                addProduct(
                        in.weight + 4L * i * channels, ds + 4L * (sequence.start + user) * channels, sum, 0, channels);
            }
        }
        Memory.copy(sum, 0, to, channels);
    }

    /** Writes the gradients of weights and bias: sums of blocks of positions, added up in their order. */
    private void weights(Inputs in, long ds, long dw, long db) {
        int channels = in.channels;
        int length = (in.width + 1) * channels;
        int count = op.sequences().count();
        int block = Math.max(1, Math.max(4 * GRAIN / channels, op.sequences().longest() / 16));
        int blocks = (op.sequences().longest() + block - 1) / block;
        int perTask = Math.max(1, count * blocks / 32);
        int tasks = (count * blocks + perTask - 1) / perTask;
        float[] sums = new float[tasks * length];
        engine.workers().run(tasks, (task, scratch) -> {
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
        Memory.copy(sums, 0, dw, in.width * channels);
        Memory.copy(sums, in.width * channels, db, channels);
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
            sums[to + c] += Memory.get(ds + 4L * c);
        }
    }
}
