package carve.cpu.conv;

import carve.api.tensor.Op;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;

/**
 * A causal convolution at few positions, as in decoding: taps and states are read in place, channels first, because
 * permuting them takes longer than using them. Sums have the same bits as those for many positions.
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
 * @param fourTaps the step of one position with four taps
 */
public record ConvStepLoop(
        long x,
        long weight,
        long bias,
        long state,
        long y,
        long next,
        int channels,
        int width,
        boolean silu,
        ConvStep fourTaps) {
    /** The most positions for which this loop is used. */
    static final int MAX_STEP_POSITIONS = 4;

    private static final ConvStep TWO = new TwoTapConvStep();

    /** Writes some channels of a sequence, from its first row on. */
    public void run(int sequence, int first, int length, int from, int count) {
        long rows = 4L * first * channels;
        if (length == 1 && (width == 2 || width == 4)) {
            step(width == 2 ? TWO : fourTaps, rows, sequence, from, count);
        } else {
            each(sequence, rows, length, from, from + count);
        }
        for (int t = 0; silu && t < length; t++) {
            long at = y + rows + 4L * ((long) t * channels + from);
            Elementwise.unary(Op.UnaryFunction.SILU, at, at, count);
        }
    }

    private void step(ConvStep step, long rows, int sequence, int from, int count) {
        long column = 4L * from;
        long own = (width - 1) * (4L * sequence * channels + column);
        step.run(
                x + rows + column,
                weight + width * column,
                bias + column,
                state + own,
                y + rows + column,
                next + own,
                count);
    }

    private void each(int sequence, long rows, int length, int from, int to) {
        int before = width - 1;
        for (int c = from; c < to; c++) {
            long own = 4L * ((long) sequence * channels + c) * before;
            for (int t = 0; t < length; t++) {
                NativeMemory.set(y + rows + 4L * ((long) t * channels + c), sum(c, t, rows, own));
            }
            for (int i = 0; i < before; i++) {
                NativeMemory.set(next + own + 4L * i, input(c, length - before + i, rows, own));
            }
        }
    }

    private float sum(int c, int t, long rows, long own) {
        long taps = weight + 4L * c * width;
        float sum = NativeMemory.get(bias + 4L * c);
        for (int i = 0; i < width; i++) {
            sum = Math.fma(NativeMemory.get(taps + 4L * i), input(c, t - width + 1 + i, rows, own), sum);
        }
        return sum;
    }

    /** Returns the input of a channel at a position, which may lie before the first. */
    private float input(int c, int t, long rows, long own) {
        return t >= 0
                ? NativeMemory.get(x + rows + 4L * ((long) t * channels + c))
                : NativeMemory.get(state + own + 4L * (width - 1 + t));
    }
}
