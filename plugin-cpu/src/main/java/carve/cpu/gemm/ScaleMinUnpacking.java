package carve.cpu.gemm;

import static carve.cpu.gemm.UnpackingRegisters.NIBBLES;
import static carve.cpu.gemm.UnpackingRegisters.SCRATCH;
import static carve.cpu.gemm.UnpackingRegisters.UPPER;
import static carve.cpu.jit.Instruction.VBROADCASTF32X4;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VMOVSHDUP;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPBROADCASTD_256;
import static carve.cpu.jit.Instruction.VPROLVD;
import static carve.cpu.jit.Instruction.VPSHUFB;
import static carve.cpu.jit.Instruction.VPSRLVD;
import static carve.cpu.jit.Instruction.VPTERNLOGD;
import static carve.cpu.jit.Instruction.VSHUFF32X4;
import static carve.cpu.jit.Instruction.VSHUFPS;

import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;

/**
 * Unpacks blocks of Q4_K and Q5_K. Scales and minimums of the eight groups of 32 are unpacked together, scales in the even and
 * minimums in the odd lanes, so that one product with d and dmin, which alternate as well, gives all of them in F32. The four
 * runs of 32 bytes are put beside each other, half of each in a vector: then the scales of a vector are the first of
 * each four lanes for the lower halves of bytes, and the third for the upper.
 *
 * @param code where instructions are written
 * @param fifthBits whether integers have 5 bits
 */
record ScaleMinUnpacking(Assembler code, boolean fifthBits) implements BlockUnpacking {
    private static final int HEADER = 16;
    private static final int FIFTH_BITS = 32;
    private static final int QUARTER = 16;
    private static final int[] FIRST_OR_THIRD_LANE = {0x00, 0xAA};
    private static final int[] EVEN_OR_ODD_QUARTERS = {0x88, 0xDD};
    /** (first and third) or second. */
    private static final int FIRST_AND_THIRD_OR_SECOND = 0xEC;
    /** The second where the third has bits, else the first. */
    private static final int SECOND_WHERE_THIRD = 0xD8;

    @Override
    public int parts() {
        return 2;
    }

    @Override
    public void constants() {
        code.vector(VMOVUPS, NIBBLES, 0, BlockUnpacking.constant(FixedPointConstants.NIBBLES));
        code.vector(VMOVUPS, UPPER, 0, BlockUnpacking.constant(FixedPointConstants.FIVE_BITS));
    }

    @Override
    public void step(Address block, UnpackingRegisters to) {
        int scales = to.block();
        code.vector(VBROADCASTF32X4, SCRATCH, 0, block);
        code.vector(VPSHUFB, scales, SCRATCH, BlockUnpacking.constant(FixedPointConstants.LOW_SCALE_BYTES));
        code.vector(VPSRLVD, scales, scales, BlockUnpacking.constant(FixedPointConstants.LOW_SCALE_SHIFTS));
        code.vector(VPSHUFB, SCRATCH, SCRATCH, BlockUnpacking.constant(FixedPointConstants.HIGH_SCALE_BYTES));
        code.shiftRight(SCRATCH, SCRATCH, 2);
        code.broadcast(VPANDD, SCRATCH, SCRATCH, BlockUnpacking.constant(FixedPointConstants.HIGH_SCALE_MASK));
        Address masks = BlockUnpacking.constant(FixedPointConstants.LOW_SCALE_MASKS);
        code.vector(VPTERNLOGD, scales, SCRATCH, masks, FIRST_AND_THIRD_OR_SECOND);
        code.vector(VCVTDQ2PS, scales, 0, scales);
        code.vector(VPBROADCASTD_256, SCRATCH, 0, block);
        code.vector(VCVTPH2PS, SCRATCH, 0, SCRATCH);
        code.vector(VMULPS, scales, scales, SCRATCH);
        code.vector(VMOVSHDUP, to.scales(), 0, scales);
        bytes(block.plus(HEADER + (fifthBits ? FIFTH_BITS : 0)), to);
    }

    private void bytes(Address from, UnpackingRegisters to) {
        code.vector(VMOVUPS, to.bytes(0), 0, from);
        code.vector(VMOVUPS, SCRATCH, 0, from.plus(FixedPointLayout.VECTOR));
        code.vector(VSHUFF32X4, to.bytes(1), to.bytes(0), SCRATCH, EVEN_OR_ODD_QUARTERS[1]);
        code.vector(VSHUFF32X4, to.bytes(0), to.bytes(0), SCRATCH, EVEN_OR_ODD_QUARTERS[0]);
    }

    @Override
    public void part(Address block, int part, int elements, UnpackingRegisters to) {
        for (int i = 0; i < 2; i++) {
            if (part == 1) {
                code.shiftRight(to.bytes(i), to.bytes(i), 4);
            }
            if (fifthBits) {
                int rotations = FixedPointConstants.Q5_ROTATIONS + part * FixedPointLayout.VECTOR;
                code.vector(VBROADCASTF32X4, SCRATCH, 0, block.plus(HEADER + i * QUARTER));
                code.vector(VPROLVD, SCRATCH, SCRATCH, BlockUnpacking.constant(rotations));
                code.vector(VPTERNLOGD, SCRATCH, to.bytes(i), NIBBLES, SECOND_WHERE_THIRD);
                code.vector(VPANDD, to.integers(i), SCRATCH, UPPER);
            } else {
                code.vector(VPANDD, to.integers(i), to.bytes(i), NIBBLES);
            }
        }
        code.vector(VSHUFPS, to.scales(), to.block(), to.block(), FIRST_OR_THIRD_LANE[part]);
    }
}
