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
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link CausalConv} of width 2 or more, vectors along channels.
 *
 * <p>Weights and states are turned to have channels last, so that every tap is a row. Backward is three passes: the
 * gradient of the sum before SiLU; that of inputs and state, which is a convolution the other way; that of weights and
 * bias, for which workers divide the channels.
 */
final class ConvKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;
    private static final int SUM = 0;

    private final Engine engine;
    private final CausalConv op;

    ConvKernel(Engine engine, CausalConv op) {
        this.engine = engine;
        this.op = op;
    }

    @Override
    public String name() {
        return "vector-conv";
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
            for (int c = 0; c < channels; c += LANES) {
                VectorMask<Float> m = Memory.first(channels - c);
                FloatVector sum = load(bias + 4L * c, m);
                for (int i = 0; i < width; i++) {
                    long input = row(sequence, position - width + 1 + i);
                    sum = load(weight + 4L * ((long) i * channels + c), m).fma(load(input + 4L * c, m), sum);
                }
                sum.intoArray(to, c);
            }
        }
    }

    /** A sequence: its number, its first row and its length. */
    private record Sequence(int index, int start, int length) {
    }

    private Sequence sequence(int index) {
        Sequences s = op.sequences();
        return s.isPacked()
                ? new Sequence(index, s.offsets().get(index), s.offsets().get(index + 1) - s.offsets().get(index))
                : new Sequence(index, index * s.positions(), s.positions());
    }

    private static Inputs inputs(List<Tensor> operands) {
        Tensor weight = operands.get(1);
        int channels = weight.extent(0);
        int width = weight.extent(2);
        return new Inputs(at(operands.get(0)), at(weight.permute(2, 1, 0)), at(operands.get(2)),
                at(operands.get(3).permute(0, 2, 1)), channels, width);
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
        Inputs in = inputs(operands);
        int channels = in.channels;
        Tensor y = engine.make(operands.getFirst().type());
        long to = at(y);
        positions(0, channels, (sequence, t, scratch) -> {
            float[] sum = scratch.floats(SUM, channels + LANES);
            in.sum(sequence, t, sum);
            write(sum, to + 4L * (sequence.start + t) * channels, channels);
        });
        return List.of(y, next(in, operands.get(3)));
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
                Memory.copyShort(in.row(sequence, sequence.length - before + i),
                        to + 4L * ((long) s * before + i) * in.channels, 4L * in.channels);
            }
        }
        return rows.permute(0, 2, 1);
    }

    @Override
    public List<Optional<Tensor>> backward(List<Tensor> operands, List<Tensor> results,
            List<Optional<Tensor>> gradients, List<Boolean> wanted) {
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
        return List.of(Optional.of(dx), Optional.of(dw.permute(2, 1, 0)), Optional.of(db),
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
            for (int c = 0; c < channels; c += LANES) {
                VectorMask<Float> m = Memory.first(channels - c);
                FloatVector slope = VectorMath.siluSlope(FloatVector.fromArray(F, sum, c));
                store(to + row + 4L * c, slope.mul(load(from + row + 4L * c, m)), m);
            }
        });
        return ds;
    }

    /** Writes the gradients of the inputs and of the state, whose rows are the positions before the first. */
    private void spread(Inputs in, long ds, long next, long dx, long before) {
        int kept = in.width - 1;
        positions(-kept, in.channels, (sequence, t, scratch) -> {
            long to = t >= 0
                    ? dx + 4L * (sequence.start + t) * in.channels
                    : before + 4L * ((long) sequence.index * kept + kept + t) * in.channels;
            int last = t - sequence.length + kept; // the row of the next state that this input is
            long from = next != 0 && last >= 0
                    ? next + 4L * ((long) sequence.index * kept + last) * in.channels
                    : 0;
            spreadRow(in, sequence, t, ds, from, to);
        });
    }

    private static void spreadRow(Inputs in, Sequence sequence, int t, long ds, long next, long to) {
        for (int c = 0; c < in.channels; c += LANES) {
            VectorMask<Float> m = Memory.first(in.channels - c);
            FloatVector sum = next == 0 ? FloatVector.zero(F) : load(next + 4L * c, m);
            for (int i = 0; i < in.width; i++) {
                int user = t + in.width - 1 - i; // the position that multiplies this input by tap i
                if (user >= 0 && user < sequence.length) {
                    FloatVector tap = load(in.weight + 4L * ((long) i * in.channels + c), m);
                    sum = tap.fma(load(ds + 4L * ((long) (sequence.start + user) * in.channels + c), m), sum);
                }
            }
            store(to + 4L * c, sum, m);
        }
    }

    private void weights(Inputs in, long ds, long dw, long db) {
        int vectors = (in.channels + LANES - 1) / LANES;
        int count = op.sequences().count();
        engine.workers().run(vectors, (task, scratch) -> {
            int c = task * LANES;
            VectorMask<Float> m = Memory.first(in.channels - c);
            for (int i = -1; i < in.width; i++) {
                FloatVector sum = FloatVector.zero(F);
                for (int s = 0; s < count; s++) {
                    Sequence sequence = sequence(s);
                    for (int t = 0; t < sequence.length; t++) {
                        FloatVector d = load(ds + 4L * ((long) (sequence.start + t) * in.channels + c), m);
                        sum = i < 0
                                ? sum.add(d)
                                : d.fma(load(in.row(sequence, t - in.width + 1 + i) + 4L * c, m), sum);
                    }
                }
                store((i < 0 ? db : dw + 4L * i * in.channels) + 4L * c, sum, m);
            }
        });
    }
}
