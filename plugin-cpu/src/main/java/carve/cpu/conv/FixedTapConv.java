package carve.cpu.conv;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * A causal convolution of two or four taps at one of many positions: sums and SiLU in registers, each input and each result
 * touched once. Sums begin with the bias and take taps from the oldest on, as those of other widths do.
 *
 * @param weight the taps (W, C)
 * @param bias the bias (C)
 * @param channels C
 * @param silu whether SiLU follows
 */
record FixedTapConv(long weight, long bias, int channels, boolean silu) {
    /** Writes a row of results of two taps with inputs at these addresses. */
    void twoTaps(long old, long input, long y) {
        int whole = F.loopBound(channels);
        for (int c = 0; c < whole; c += LANES) {
            long at = 4L * c;
            FloatVector sum = load(weight + at).fma(load(old + at), load(bias + at));
            finish(y + at, load(weight + 4L * channels + at).fma(load(input + at), sum));
        }
        if (whole < channels) {
            VectorMask<Float> rest = NativeMemory.firstLanes(channels - whole);
            long at = 4L * whole;
            FloatVector sum = load(weight + at, rest).fma(load(old + at, rest), load(bias + at, rest));
            sum = load(weight + 4L * channels + at, rest).fma(load(input + at, rest), sum);
            store(y + at, silu ? VectorMath.silu(sum) : sum, rest);
        }
    }

    /** Writes a row of results of four taps with inputs at these addresses. */
    void fourTaps(long oldest, long older, long old, long input, long y) {
        int whole = F.loopBound(channels);
        long second = weight + 4L * channels;
        long third = weight + 8L * channels;
        long fourth = weight + 12L * channels;
        for (int c = 0; c < whole; c += LANES) {
            long at = 4L * c;
            FloatVector sum = load(weight + at).fma(load(oldest + at), load(bias + at));
            sum = load(second + at).fma(load(older + at), sum);
            sum = load(third + at).fma(load(old + at), sum);
            finish(y + at, load(fourth + at).fma(load(input + at), sum));
        }
        if (whole < channels) {
            VectorMask<Float> rest = NativeMemory.firstLanes(channels - whole);
            long at = 4L * whole;
            FloatVector sum = load(weight + at, rest).fma(load(oldest + at, rest), load(bias + at, rest));
            sum = load(second + at, rest).fma(load(older + at, rest), sum);
            sum = load(third + at, rest).fma(load(old + at, rest), sum);
            sum = load(fourth + at, rest).fma(load(input + at, rest), sum);
            store(y + at, silu ? VectorMath.silu(sum) : sum, rest);
        }
    }

    private void finish(long y, FloatVector sum) {
        store(y, silu ? VectorMath.silu(sum) : sum);
    }
}
