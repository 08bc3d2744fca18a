package carve.cpu.gemm;

import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VFNMADD231PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPADDD;
import static carve.cpu.jit.Instruction.VPDPBUSD;
import static carve.cpu.jit.Instruction.VPXORD;
import static carve.cpu.jit.Register.R10;
import static carve.cpu.jit.Register.R11;
import static carve.cpu.jit.Register.R12;
import static carve.cpu.jit.Register.R13;
import static carve.cpu.jit.Register.R14;
import static carve.cpu.jit.Register.R15;
import static carve.cpu.jit.Register.R9;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RBP;
import static carve.cpu.jit.Register.RBX;
import static carve.cpu.jit.Register.RCX;
import static carve.cpu.jit.Register.RDI;
import static carve.cpu.jit.Register.RDX;
import static carve.cpu.jit.Register.RSI;

import carve.api.tensor.DType;
import carve.cpu.gemm.FixedPointLayout.Sums;
import carve.cpu.gemm.SkinnyGemmGenerator.RowPlacement;
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Register;
import java.util.List;

/**
 * Writes the machine code of products of a few rows of x in fixed point, see {@link FixedPointLayout}, with quantised weights as
 * they are stored, four rows of weights at a time. The function has the parameters of {@link SkinnyGemmGenerator}.
 *
 * <p>Weights are unsigned integers of 4 to 6 bits, which {@code VPDPBUSD} multiplies with signed bytes, 64 at a time, and adds
 * in fours. The sum of a lane, of four products of 6 bits and 24, {@code 4 * 63 * 8355711}, or eight of 5, is below 2^31; it is made
 * exactly, byte by byte from the upper ones down, converted to F32, and added times the scale of its weights. What weights have in
 * common, their minimum or what they are too large by, is multiplied with sums of x. So a product is as exact as one in F32.
 */
final class FixedPointGemmGenerator {
    /** The most rows of x in a tile. */
    static final int MAX_ROWS = 4;

    private static final int NR = SkinnyGemmGenerator.NR;
    private static final int VECTOR = FixedPointLayout.VECTOR;
    private static final int FREE = 16;
    private static final int PRODUCTS = UnpackingRegisters.PRODUCTS;
    private static final int AHEAD = 512;
    private static final List<Register> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);
    private static final int ARGUMENTS = 8 * (SAVED.size() + 1);

    private final Assembler code = new Assembler();
    private final FixedPointLayout layout;
    private final int rows;
    private final boolean bias;
    private final RowPlacement placement;
    private final BlockUnpacking unpacking;

    private FixedPointGemmGenerator(FixedPointLayout layout, int rows, boolean bias, RowPlacement placement) {
        this.layout = layout;
        this.rows = rows;
        this.bias = bias;
        this.placement = placement;
        this.unpacking = BlockUnpacking.of(layout.dtype(), code);
    }

    /**
     * Returns the code.
     *
     * @param rows of x, 1 to {@link #MAX_ROWS}
     * @param bias whether one is added
     */
    static byte[] generate(FixedPointLayout layout, int rows, boolean bias, RowPlacement placement) {
        FixedPointGemmGenerator product = new FixedPointGemmGenerator(layout, rows, bias, placement);
        product.emitFunction();
        return product.code.bytes();
    }

    private DType dtype() {
        return layout.dtype();
    }

    private void emitFunction() {
        SAVED.forEach(code::push);
        code.loadAddress(R11, Address.at(RSI, RSI, 1));
        code.constant(BlockUnpacking.TABLE, FixedPointConstants.ADDRESS);
        unpacking.constants();
        int next = code.position();
        emitRowGroup();
        int done = placement == RowPlacement.APART ? 1 : NR;
        code.add(RDI, done * (int) dtype().bytes(layout.k()));
        code.add(RCX, done * Float.BYTES);
        code.add(R9, -1);
        code.jumpIfNotZero(next);
        SAVED.reversed().forEach(code::pop);
        code.ret();
    }

    private void emitRowGroup() {
        code.copy(R10, RDI);
        code.loadAddress(RAX, Address.at(RDX).plus(VECTOR));
        for (int i = 0; i < rows * NR; i++) {
            code.vector(VPXORD, i, i, i);
        }
        int steps = layout.k() / layout.step();
        if (steps > 0) {
            code.loadAddress(RBX, Address.at(RDX).plus(VECTOR + steps * layout.stepBytes()));
            int next = code.position();
            emitStep(layout.step());
            code.add(R10, (int) dtype().bytes(layout.step()));
            code.add(RAX, layout.stepBytes());
            code.compare(RAX, RBX);
            code.jumpIfNotZero(next);
        }
        int left = layout.k() - steps * layout.step();
        if (left > 0) {
            emitStep(left);
        }
        for (int c = 0; c < rows; c++) {
            for (int r = 0; r < NR; r++) {
                int sum = SkinnyGemmGenerator.accumulator(c, r);
                code.vector(VMULPS, sum, sum, Address.at(RDX).plus(c * layout.rowBytes()));
            }
        }
        new SkinnyGemmEpilogue(code, rows, placement, FREE, bias, ARGUMENTS).write();
    }

    /** Adds the products of a step, of two rows of weights at the same time if there are vectors for that. */
    private void emitStep(int elements) {
        int together = rows <= 2 ? 2 : 1;
        for (int first = 0; first < NR; first += together) {
            emitStep(first, together, elements);
        }
    }

    private void emitStep(int first, int together, int elements) {
        for (int i = 0; i < together; i++) {
            Address block = SkinnyGemmGenerator.weights(first + i);
            for (int ahead = 0; ahead < dtype().bytes(elements); ahead += VECTOR) {
                code.prefetch(block.plus(AHEAD + ahead));
            }
            unpacking.step(block, new UnpackingRegisters(i));
        }
        for (int i = 0; i < together && layout.sums() == Sums.PIECES; i++) {
            for (int c = 0; c < rows; c++) {
                int sum = SkinnyGemmGenerator.accumulator(c, first + i);
                code.vector(VFNMADD231PS, sum, new UnpackingRegisters(i).scales(), sums(c));
            }
        }
        for (int part = 0; part < unpacking.parts(); part++) {
            for (int i = 0; i < together; i++) {
                Address block = SkinnyGemmGenerator.weights(first + i);
                unpacking.part(block, part, elements, new UnpackingRegisters(i));
            }
            emitProducts(first, together, part);
        }
    }

    private void emitProducts(int first, int together, int part) {
        for (int i = 0; i < together * rows; i++) {
            code.vector(VPXORD, PRODUCTS + i, PRODUCTS + i, PRODUCTS + i);
        }
        int vectors = layout.groups() / unpacking.parts();
        for (int plane = 0; plane < FixedPointLayout.PLANES; plane++) {
            for (int i = 0; i < together * rows && plane > 0; i++) {
                code.shiftLeft(PRODUCTS + i, PRODUCTS + i, Byte.SIZE);
            }
            for (int vector = 0; vector < vectors; vector++) {
                for (int c = 0; c < rows; c++) {
                    int at = (part * vectors + vector) * FixedPointLayout.PLANES + plane;
                    emitPlane(together, c, vector, x(c).plus(at * VECTOR));
                }
            }
        }
        for (int i = 0; i < together; i++) {
            for (int c = 0; c < rows; c++) {
                add(c, first + i, PRODUCTS + c * together + i, new UnpackingRegisters(i));
            }
        }
    }

    private void emitPlane(int together, int c, int vector, Address x) {
        if (together == 1) {
            code.vector(VPDPBUSD, PRODUCTS + c, new UnpackingRegisters(0).integers(vector), x);
            return;
        }
        code.vector(VMOVUPS, UnpackingRegisters.SCRATCH, 0, x);
        for (int i = 0; i < together; i++) {
            int integers = new UnpackingRegisters(i).integers(vector);
            code.vector(VPDPBUSD, PRODUCTS + c * together + i, integers, UnpackingRegisters.SCRATCH);
        }
    }

    private void add(int c, int r, int product, UnpackingRegisters weights) {
        int sum = SkinnyGemmGenerator.accumulator(c, r);
        if (layout.sums() == Sums.OFFSETS) {
            code.vector(VPADDD, product, product, sums(c));
        }
        code.vector(VCVTDQ2PS, product, 0, product);
        code.vector(VFMADD231PS, sum, weights.scales(), product);
        if (layout.sums() == Sums.LANES) {
            code.vector(VFMADD231PS, sum, weights.block(), sums(c));
        }
    }

    private Address x(int c) {
        return Address.at(RAX).plus(c * layout.rowBytes());
    }

    private Address sums(int c) {
        return x(c).plus(layout.stepBytes() - VECTOR);
    }
}
