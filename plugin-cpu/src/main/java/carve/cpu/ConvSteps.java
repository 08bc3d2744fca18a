package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * A causal convolution at few positions, as in decoding: taps and states stay where they lie, channels first, because to
 * turn them would take longer than to use them. Sums are those of the form for many positions, to the bit.
 *
 * @param x the inputs (rows, C)
 * @param weight the taps (C, W)
 * @param bias the bias (C)
 * @param state the inputs before the first, (S, C, W-1)
 * @param y the results (rows, C)
 * @param next the last inputs (S, C, W-1)
 * @param channels C
 * @param width W
 * @param silu whether SiLU follows
 */
record ConvSteps(long x, long weight, long bias, long state, long y, long next, int channels, int width, boolean silu) {
    /** The most positions that go this way. */
    static final int FEW = 4;

    /** Does some channels of a sequence, from its first row on. */
    void run(int sequence, int first, int length, int from, int count) {
        int before = width - 1;
        long rows = 4L * first * channels;
        for (int c = from; c < from + count; c++) {
            long own = 4L * ((long) sequence * channels + c) * before;
            for (int t = 0; t < length; t++) {
                Memory.set(y + rows + 4L * ((long) t * channels + c), sum(c, t, rows, own));
            }
            for (int i = 0; i < before; i++) {
                Memory.set(next + own + 4L * i, input(c, length - before + i, rows, own));
            }
        }
        for (int t = 0; silu && t < length; t++) {
            silu(y + rows + 4L * ((long) t * channels + from), count);
        }
    }

    private float sum(int c, int t, long rows, long own) {
        long taps = weight + 4L * c * width;
        float sum = Memory.get(bias + 4L * c);
        for (int i = 0; i < width; i++) {
            sum = Math.fma(Memory.get(taps + 4L * i), input(c, t - width + 1 + i, rows, own), sum);
        }
        return sum;
    }

    /** Returns the input of a channel at a position, which may lie before the first. */
    private float input(int c, int t, long rows, long own) {
        return t >= 0
                ? Memory.get(x + rows + 4L * ((long) t * channels + c))
                : Memory.get(state + own + 4L * (width - 1 + t));
    }

    private static void silu(long y, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += LANES) {
            Memory.store(y + 4L * i, VectorMath.silu(Memory.load(y + 4L * i)));
        }
        if (whole < count) {
            VectorMask<Float> rest = Memory.first(count - whole);
            FloatVector last = Memory.load(y + 4L * whole, rest);
            Memory.store(y + 4L * whole, VectorMath.silu(last), rest);
        }
    }
}
