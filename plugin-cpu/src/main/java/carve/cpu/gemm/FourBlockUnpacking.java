package carve.cpu.gemm;

import static carve.cpu.gemm.UnpackingRegisters.NIBBLES;
import static carve.cpu.gemm.UnpackingRegisters.UPPER;
import static carve.cpu.jit.Instruction.VBROADCASTF32X4;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VPADDB;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPBROADCASTW_256;
import static carve.cpu.jit.Register.R12;
import static carve.cpu.jit.Register.R13;

import carve.api.tensor.DType;
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Instruction;

/**
 * Unpacks four blocks of 32 at a time, of Q4_0, Q4_1, Q5_0 or Q5_1: the 16 bytes of each are a quarter of a vector, the lower halves
 * of which and the upper ones give two vectors of integers. Fifth bits are a mask, whose bytes get 16 more.
 */
final class FourBlockUnpacking implements BlockUnpacking {
    private static final int BLOCKS = 4;
    /** The first of four masks of the quarters of a vector. */
    private static final int QUARTERS = 1;

    private static final int FIFTH_BITS = 5;

    private final Assembler code;
    private final DType dtype;
    private final boolean minimum;
    private final boolean fifthBits;

    FourBlockUnpacking(Assembler code, DType dtype) {
        this.code = code;
        this.dtype = dtype;
        this.minimum = dtype == DType.Q4_1 || dtype == DType.Q5_1;
        this.fifthBits = dtype == DType.Q5_0 || dtype == DType.Q5_1;
    }

    @Override
    public int parts() {
        return 1;
    }

    @Override
    public void constants() {
        code.vector(VMOVUPS, NIBBLES, 0, BlockUnpacking.constant(FixedPointConstants.NIBBLES));
        code.vector(VMOVUPS, UPPER, 0, BlockUnpacking.constant(FixedPointConstants.FIFTH_BITS));
        for (int i = 0; i < BLOCKS; i++) {
            code.constant(R12, 0xFL << 4 * i);
            code.maskRegister(QUARTERS + i, R12);
        }
    }

    @Override
    public void step(Address block, UnpackingRegisters to) {
        // each block has its own scale
    }

    @Override
    public void part(Address block, int part, int elements, UnpackingRegisters to) {
        int blocks = elements / dtype.blockElements();
        int fifths = (minimum ? 2 : 1) * Short.BYTES;
        load(VBROADCASTF32X4, to.bytes(0), block.plus(fifths + (fifthBits ? Integer.BYTES : 0)), blocks);
        code.vector(VPANDD, to.integers(0), to.bytes(0), NIBBLES);
        code.shiftRight(to.bytes(0), to.bytes(0), 4);
        code.vector(VPANDD, to.integers(1), to.bytes(0), NIBBLES);
        for (int i = 0; fifthBits && i < 2; i++) {
            fifthBits(block.plus(fifths + i * Short.BYTES), to.integers(i), blocks);
        }
        scales(block, blocks, to);
    }

    private void scales(Address block, int blocks, UnpackingRegisters to) {
        halves(to.scales(), block, blocks);
        if (minimum) {
            halves(to.block(), block.plus(Short.BYTES), blocks);
        }
    }

    private void halves(int to, Address first, int blocks) {
        load(VPBROADCASTW_256, to, first, blocks);
        code.vector(VCVTPH2PS, to, 0, to);
    }

    /** Loads from each block into its quarter; where there is none, zeros are in it. */
    private void load(Instruction load, int to, Address first, int blocks) {
        code.zeroed(load, to, 0, first, QUARTERS);
        for (int i = 1; i < blocks; i++) {
            code.merged(load, to, 0, first.plus(i * dtype.blockBytes()), QUARTERS + i);
        }
    }

    private void fifthBits(Address first, int integers, int blocks) {
        code.loadShort(R12, first);
        for (int i = 1; i < blocks; i++) {
            code.loadShort(R13, first.plus(i * dtype.blockBytes()));
            code.shiftLeft(R13, i * Short.SIZE);
            code.add(R12, R13);
        }
        code.maskRegister(FIFTH_BITS, R12);
        code.merged(VPADDB, integers, integers, UPPER, FIFTH_BITS);
    }
}
