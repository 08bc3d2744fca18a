package carve.cpu;

/** A step of a convolution with four taps, channel by channel. */
final class PlainConvStep implements ConvStep {
    @Override
    public void run(long x, long weight, long bias, long state, long y, long next, int channels) {
        for (int c = 0; c < channels; c++) {
            long taps = weight + 16L * c;
            long own = 12L * c;
            float oldest = Memory.get(state + own);
            float older = Memory.get(state + own + 4);
            float old = Memory.get(state + own + 8);
            float input = Memory.get(x + 4L * c);
            float sum = Math.fma(Memory.get(taps), oldest, Memory.get(bias + 4L * c));
            sum = Math.fma(Memory.get(taps + 4), older, sum);
            sum = Math.fma(Memory.get(taps + 8), old, sum);
            sum = Math.fma(Memory.get(taps + 12), input, sum);
            Memory.set(y + 4L * c, sum);
            Memory.set(next + own, older);
            Memory.set(next + own + 4, old);
            Memory.set(next + own + 8, input);
        }
    }
}
