package carve.cpu.conv;

import carve.cpu.jit.MachineCode;

/** A step of a convolution with four taps by machine code, 16 channels at a time; the bits are those of {@link ScalarConvStep}. */
public final class JitConvStep implements ConvStep {
    private final MachineCode code = MachineCode.of(ConvStepGenerator.generate());
    private final ConvStep rest = new ScalarConvStep();

    @Override
    public void run(long x, long weight, long bias, long state, long y, long next, int channels) {
        int whole = channels / ConvStepGenerator.LANES * ConvStepGenerator.LANES;
        if (whole > 0) {
            code.call(x, weight, bias, state, y, next, whole / ConvStepGenerator.LANES, 0);
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
