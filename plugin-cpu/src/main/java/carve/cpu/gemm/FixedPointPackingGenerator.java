package carve.cpu.gemm;

import static carve.cpu.gemm.FixedPointLayout.VECTOR;
import static carve.cpu.jit.Instruction.VADDPS;
import static carve.cpu.jit.Instruction.VBROADCASTSS;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPS2DQ;
import static carve.cpu.jit.Instruction.VDIVPS;
import static carve.cpu.jit.Instruction.VFNMADD231PS;
import static carve.cpu.jit.Instruction.VMAXPS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMOVUPS_STORE;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPADDD;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPERMPS;
import static carve.cpu.jit.Instruction.VPMAXUD;
import static carve.cpu.jit.Instruction.VPMOVDB_STORE;
import static carve.cpu.jit.Instruction.VPSUBD;
import static carve.cpu.jit.Instruction.VPXORD;
import static carve.cpu.jit.Instruction.VSHUFF32X4;
import static carve.cpu.jit.Instruction.VSHUFPS;
import static carve.cpu.jit.Register.R10;
import static carve.cpu.jit.Register.R9;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RDX;
import static carve.cpu.jit.Register.RSI;

import carve.cpu.gemm.FixedPointLayout.Sums;
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Instruction;

/**
 * Writes the machine code that makes rows of x rows in fixed point, see {@link FixedPointLayout}.
 *
 * <p>The function takes the address of x (RDI), that of the result (RSI), and the number of rows (RDX), at least one. A row with an
 * element that is not finite has a scale that is no number.
 */
final class FixedPointPackingGenerator {
    private static final int LANES = Assembler.LANES;
    private static final int PIECES = FixedPointLayout.VECTOR / FixedPointLayout.PIECE;

    private static final int GREATEST = 0;
    private static final int SCALE = 1;
    private static final int INVERSE = 2;
    private static final int SCRATCH = 3;
    private static final int INTEGERS = 4;
    private static final int GROUP_SUMS = 8;
    private static final int FREE = 12;
    private static final int TRANSPOSED = 14;
    private static final int HALF_BYTE = 15;

    private final Assembler code = new Assembler();
    private final FixedPointLayout layout;

    private FixedPointPackingGenerator(FixedPointLayout layout) {
        this.layout = layout;
    }

    /** Returns the code. */
    static byte[] generate(FixedPointLayout layout) {
        FixedPointPackingGenerator generator = new FixedPointPackingGenerator(layout);
        generator.emitFunction();
        return generator.code.bytes();
    }

    private static Address constant(int offset) {
        return Address.at(R9).plus(offset);
    }

    private void emitFunction() {
        code.constant(R9, FixedPointConstants.ADDRESS);
        code.vector(VMOVUPS, TRANSPOSED, 0, constant(FixedPointConstants.TRANSPOSED));
        code.vector(VBROADCASTSS, HALF_BYTE, 0, constant(FixedPointConstants.HALF_BYTE));
        int row = code.position();
        emitGreatest();
        emitScale();
        emitGroups();
        code.add(RDI, layout.k() * Float.BYTES);
        code.add(RDX, -1);
        code.jumpIfNotZero(row);
        code.ret();
    }

    /** Finds the greatest magnitude of the row, as a whole number: what is no number is greater than all numbers. */
    private void emitGreatest() {
        code.copy(RAX, RDI);
        code.loadAddress(R10, Address.at(RDI).plus(layout.k() * Float.BYTES));
        code.vector(VPXORD, GREATEST, GREATEST, GREATEST);
        int next = code.position();
        code.vector(VMOVUPS, SCRATCH, 0, Address.at(RAX));
        code.broadcast(VPANDD, SCRATCH, SCRATCH, constant(FixedPointConstants.MAGNITUDE));
        code.vector(VPMAXUD, GREATEST, GREATEST, SCRATCH);
        code.add(RAX, VECTOR);
        code.compare(RAX, R10);
        code.jumpIfNotZero(next);
        for (Instruction shuffle : new Instruction[] {VSHUFF32X4, VSHUFPS}) {
            for (int order : new int[] {0x4E, 0xB1}) {
                code.vector(shuffle, SCRATCH, GREATEST, GREATEST, order);
                code.vector(VPMAXUD, GREATEST, GREATEST, SCRATCH);
            }
        }
    }

    private void emitScale() {
        code.broadcast(VMULPS, SCALE, GREATEST, constant(FixedPointConstants.INVERSE_MAX));
        code.vector(VBROADCASTSS, SCRATCH, 0, constant(FixedPointConstants.LEAST_SCALE));
        code.vector(VMAXPS, SCALE, SCALE, SCRATCH);
        code.vector(VBROADCASTSS, INVERSE, 0, constant(FixedPointConstants.ONE));
        // the greatest minus itself: 0, or no number
        code.vector(VMOVUPS, SCRATCH, 0, GREATEST);
        code.vector(VFNMADD231PS, SCRATCH, GREATEST, INVERSE);
        code.vector(VADDPS, SCALE, SCALE, SCRATCH);
        code.vector(VDIVPS, INVERSE, INVERSE, SCALE);
        code.vector(VMOVUPS_STORE, SCALE, 0, Address.at(RSI));
        code.add(RSI, VECTOR);
    }

    private void emitGroups() {
        int step = layout.step();
        int whole = layout.k() / step * step;
        code.copy(RAX, RDI);
        if (whole > 0) {
            code.loadAddress(R10, Address.at(RDI).plus(whole * Float.BYTES));
            int next = code.position();
            emitStep(step);
            code.compare(RAX, R10);
            code.jumpIfNotZero(next);
        }
        if (whole < layout.k()) {
            emitStep(layout.k() - whole);
        }
    }

    private void emitStep(int elements) {
        boolean pieces = layout.sums() == Sums.PIECES;
        for (int group = 0; group < layout.groups(); group++) {
            for (int i = 0; i < PIECES; i++) {
                emitPiece(pieces ? group * PIECES + i : layout.groups() * i + group, INTEGERS + i, elements);
            }
            sumOfFours(INTEGERS);
            code.vector(VMOVUPS, GROUP_SUMS + group, 0, INTEGERS);
        }
        emitSums();
        code.add(RSI, layout.stepBytes());
        code.add(RAX, elements * Float.BYTES);
    }

    /** Writes the bytes of 16 elements, or zeros where the row has ended; their integers are then in a vector. */
    private void emitPiece(int piece, int integers, int elements) {
        if (piece * LANES < elements) {
            code.vector(VMULPS, integers, INVERSE, Address.at(RAX).plus(piece * VECTOR));
            code.vector(VCVTPS2DQ, integers, 0, integers);
        } else {
            code.vector(VPXORD, integers, integers, integers);
        }
        code.vector(VMOVUPS, SCRATCH, 0, integers);
        Address to = Address.at(RSI).plus(layout.offset(piece));
        for (int plane = FixedPointLayout.PLANES - 1; plane >= 0; plane--) {
            code.vector(VPMOVDB_STORE, SCRATCH, 0, to.plus(plane * VECTOR));
            code.vector(VPADDD, SCRATCH, SCRATCH, HALF_BYTE);
            code.shiftRightSigned(SCRATCH, SCRATCH, Byte.SIZE);
        }
    }

    private void emitSums() {
        if (layout.sums() == Sums.PIECES) {
            sumOfFours(GROUP_SUMS);
        } else {
            code.vector(VPADDD, GROUP_SUMS, GROUP_SUMS, GROUP_SUMS + 1);
        }
        if (layout.sums() == Sums.OFFSETS) {
            code.shiftLeft(GROUP_SUMS, GROUP_SUMS, layout.offsetBits());
            code.vector(VPXORD, SCRATCH, SCRATCH, SCRATCH);
            code.vector(VPSUBD, GROUP_SUMS, SCRATCH, GROUP_SUMS);
        } else {
            code.vector(VCVTDQ2PS, GROUP_SUMS, 0, GROUP_SUMS);
        }
        code.vector(VMOVUPS_STORE, GROUP_SUMS, 0, Address.at(RSI).plus(layout.stepBytes() - VECTOR));
    }

    /** Adds each four neighbouring lanes of four vectors; the sums, in order, are then in the first. */
    private void sumOfFours(int first) {
        pair(first, first + 1);
        pair(first + 2, first + 3);
        pair(first, first + 2);
        code.vector(VPERMPS, first, TRANSPOSED, first);
    }

    private void pair(int one, int other) {
        code.vector(VSHUFPS, FREE, one, other, 0x88);
        code.vector(VSHUFPS, FREE + 1, one, other, 0xDD);
        code.vector(VPADDD, one, FREE, FREE + 1);
    }
}
