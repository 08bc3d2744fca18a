package carve.cpu.gemm;

import static carve.cpu.gemm.UnpackingRegisters.NIBBLES;
import static carve.cpu.gemm.UnpackingRegisters.SCRATCH;
import static carve.cpu.gemm.UnpackingRegisters.UPPER;
import static carve.cpu.jit.Instruction.VBROADCASTI32X8;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPBROADCASTW_256;
import static carve.cpu.jit.Instruction.VPERMPS;
import static carve.cpu.jit.Instruction.VPMOVSXBD;
import static carve.cpu.jit.Instruction.VPROLVD;
import static carve.cpu.jit.Instruction.VPTERNLOGD;

import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;

/**
 * Unpacks blocks of Q6_K. Integers are 32 too large; what that adds to a sum is 32 scales times the sums of x.
 *
 * @param code where instructions are written
 */
record Q6KUnpacking(Assembler code) implements BlockUnpacking {
    private static final int LOW_RUN = 64;
    private static final int HIGH = 128;
    private static final int HIGH_RUN = 32;
    private static final int SCALE_BYTES = 192;
    private static final int SCALE = 208;
    /** The second where the third has bits, else the first. */
    private static final int SECOND_WHERE_THIRD = 0xD8;

    @Override
    public int parts() {
        return 4;
    }

    @Override
    public void constants() {
        code.vector(VMOVUPS, NIBBLES, 0, BlockUnpacking.constant(FixedPointConstants.NIBBLES));
        code.vector(VMOVUPS, UPPER, 0, BlockUnpacking.constant(FixedPointConstants.SIX_BITS));
    }

    @Override
    public void step(Address block, UnpackingRegisters to) {
        int scales = to.block();
        code.vector(VPMOVSXBD, scales, 0, block.plus(SCALE_BYTES));
        code.vector(VCVTDQ2PS, scales, 0, scales);
        code.vector(VPBROADCASTW_256, SCRATCH, 0, block.plus(SCALE));
        code.vector(VCVTPH2PS, SCRATCH, 0, SCRATCH);
        code.vector(VMULPS, scales, scales, SCRATCH);
        code.broadcast(VMULPS, to.scales(), scales, BlockUnpacking.constant(FixedPointConstants.THIRTY_TWO));
    }

    @Override
    public void part(Address block, int part, int elements, UnpackingRegisters to) {
        int half = part / 2;
        int integers = to.integers(0);
        if (part % 2 == 0) {
            code.vector(VBROADCASTI32X8, to.upperBits(), 0, block.plus(HIGH + half * HIGH_RUN));
        }
        code.vector(VMOVUPS, integers, 0, block.plus(half * LOW_RUN));
        if (part % 2 == 1) {
            code.shiftRight(integers, integers, 4);
        }
        int rotations = FixedPointConstants.Q6_ROTATIONS + part % 2 * FixedPointLayout.VECTOR;
        code.vector(VPROLVD, SCRATCH, to.upperBits(), BlockUnpacking.constant(rotations));
        code.vector(VPTERNLOGD, SCRATCH, integers, NIBBLES, SECOND_WHERE_THIRD);
        code.vector(VPANDD, integers, SCRATCH, UPPER);
        int lanes = FixedPointConstants.Q6_SCALE_LANES + part * FixedPointLayout.VECTOR;
        code.vector(VMOVUPS, SCRATCH, 0, BlockUnpacking.constant(lanes));
        code.vector(VPERMPS, to.scales(), SCRATCH, to.block());
    }
}
