package carve.cpu.conv;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/** A step of a convolution with two taps, as in mmMamba: a vector of channels at a time, whose taps are adjacent. */
final class TwoTapConvStep implements ConvStep {
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
            float input = NativeMemory.get(x + at);
            float sum = Math.fma(
                    NativeMemory.get(weight + 2 * at), NativeMemory.get(state + at), NativeMemory.get(bias + at));
            NativeMemory.set(y + at, Math.fma(NativeMemory.get(weight + 2 * at + 4), input, sum));
            NativeMemory.set(next + at, input);
        }
    }
}
