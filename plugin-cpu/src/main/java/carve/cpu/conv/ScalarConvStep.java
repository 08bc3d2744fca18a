package carve.cpu.conv;

import carve.cpu.memory.NativeMemory;

/** A step of a convolution with four taps, channel by channel. */
public final class ScalarConvStep implements ConvStep {
    @Override
    public void run(long x, long weight, long bias, long state, long y, long next, int channels) {
        for (int c = 0; c < channels; c++) {
            long taps = weight + 16L * c;
            long own = 12L * c;
            float oldest = NativeMemory.get(state + own);
            float older = NativeMemory.get(state + own + 4);
            float old = NativeMemory.get(state + own + 8);
            float input = NativeMemory.get(x + 4L * c);
            float sum = Math.fma(NativeMemory.get(taps), oldest, NativeMemory.get(bias + 4L * c));
            sum = Math.fma(NativeMemory.get(taps + 4), older, sum);
            sum = Math.fma(NativeMemory.get(taps + 8), old, sum);
            sum = Math.fma(NativeMemory.get(taps + 12), input, sum);
            NativeMemory.set(y + 4L * c, sum);
            NativeMemory.set(next + own, older);
            NativeMemory.set(next + own + 4, old);
            NativeMemory.set(next + own + 8, input);
        }
    }
}
