package carve.cpu;

import carve.cpu.code.MachineCode;

/** A step of a convolution with four taps by machine code, 16 channels at a time; the bits are those of {@link PlainConvStep}. */
final class CodedConvStep implements ConvStep {
    private final MachineCode code = MachineCode.of(ConvStepCode.bytes());
    private final ConvStep rest = new PlainConvStep();

    @Override
    public void run(long x, long weight, long bias, long state, long y, long next, int channels) {
        int whole = channels / ConvStepCode.LANES * ConvStepCode.LANES;
        if (whole > 0) {
            code.call(x, weight, bias, state, y, next, whole / ConvStepCode.LANES, 0);
        }
        rest.run(
                x + 4L * whole,
                weight + 16L * whole,
                bias + 4L * whole,
                state + 12L * whole,
                y + 4L * whole,
                next + 12L * whole,
                channels - whole);
    }

    @Override
    public void close() {
        code.close();
    }
}
