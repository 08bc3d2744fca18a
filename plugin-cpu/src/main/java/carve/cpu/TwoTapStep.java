package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;
import static carve.cpu.Memory.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/** A step of a convolution with two taps, as in mmMamba: a vector of channels at a time, whose taps lie side by side. */
final class TwoTapStep implements ConvStep {
    private static final VectorShuffle<Float> FIRST = VectorShuffle.fromOp(F, i -> 2 * i);
    private static final VectorShuffle<Float> SECOND = VectorShuffle.fromOp(F, i -> 2 * i + 1);

    @Override
    public void run(long x, long weight, long bias, long state, long y, long next, int channels) {
        int whole = F.loopBound(channels);
        for (int c = 0; c < whole; c += LANES) {
            long at = 4L * c;
            FloatVector some = load(weight + 2 * at);
            FloatVector others = load(weight + 2 * at + 4L * LANES);
            FloatVector input = load(x + at);
            FloatVector sum = some.rearrange(FIRST, others).fma(load(state + at), load(bias + at));
            store(y + at, some.rearrange(SECOND, others).fma(input, sum));
            store(next + at, input);
        }
        for (int c = whole; c < channels; c++) {
            long at = 4L * c;
            float input = Memory.get(x + at);
            float sum = Math.fma(Memory.get(weight + 2 * at), Memory.get(state + at), Memory.get(bias + at));
            Memory.set(y + at, Math.fma(Memory.get(weight + 2 * at + 4), input, sum));
            Memory.set(next + at, input);
        }
    }
}
