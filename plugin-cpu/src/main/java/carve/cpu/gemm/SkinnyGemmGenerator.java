package carve.cpu.gemm;

import static carve.cpu.jit.Instruction.VBROADCASTSS;
import static carve.cpu.jit.Instruction.VCVTDQ2PS;
import static carve.cpu.jit.Instruction.VCVTPH2PS;
import static carve.cpu.jit.Instruction.VFMADD231PS;
import static carve.cpu.jit.Instruction.VMOVUPS;
import static carve.cpu.jit.Instruction.VMULPS;
import static carve.cpu.jit.Instruction.VPANDD;
import static carve.cpu.jit.Instruction.VPMOVSXBD;
import static carve.cpu.jit.Instruction.VPMOVZXBD;
import static carve.cpu.jit.Instruction.VPMOVZXWD;
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
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Instruction;
import carve.cpu.jit.Register;
import java.util.List;

/**
 * Writes the machine code of products of a few rows of x with weights as they are stored, four rows of weights at a time.
 *
 * <p>The function takes: the address of the first of four rows of weights (RDI) and how many bytes apart the four are (RSI); x (RDX);
 * where the first result goes (RCX) and how many bytes apart those of the four rows are (R8); how many times four rows there are
 * (R9); how many bytes apart the results of two rows of x are, and how far the bias is from the result that it is added to.
 *
 * <p>The four rows of weights are {@link RowPlacement#APART}, and the next four right behind these: each place is read from front to back,
 * as suits weights that come from memory. Or they are {@link RowPlacement#ADJACENT}, and the next four behind all of them: then
 * their results do, too, and are stored at once, as suits weights that are in a cache.
 *
 * <p>The sums of a tile, at most 24, are the first vectors. Each sum adds neighbours along K from the first to the last, then its
 * lanes, halves onto each other, as {@link Gemv} and {@link DotGemm} do; so the bits are theirs, and depend on no other row. Only
 * Q4_0 is added in an order of its own, see {@link #multiplyQ4Block}.
 */
final class SkinnyGemmGenerator {
    /** The rows of weights in a tile. */
    static final int NR = 4;

    private static final int LANES = Assembler.LANES;

    private static final int VECTOR = 4 * LANES;
    private static final int STEP = 2 * LANES;
    private static final int PAGE = 4096;
    private static final int ALIASED_MAX_ROWS = 4;
    private static final int X = 28;
    // of Q4_0 alone
    private static final int NIBBLE = 24;
    private static final int HIGH_X = 29;
    private static final int ZERO = 30;
    private static final int BLOCK = 31;
    private static final int AHEAD = 256;
    private static final List<Register> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);
    private static final Register[] SCALES = {R12, R13, R14, R15};
    private static final int ARGUMENTS = 8 * (SAVED.size() + 1);

    private final Assembler code = new Assembler();
    private final DType dtype;
    private final int k;
    private final int rows;
    private final boolean bias;
    private final RowPlacement placement;
    // the first vector behind the sums
    private final int weights;

    /** The placement of four rows of weights relative to each other. */
    enum RowPlacement {
        /** Anywhere. */
        APART,
        /** One behind the other. */
        ADJACENT
    }

    private SkinnyGemmGenerator(DType dtype, int k, int rows, boolean bias, RowPlacement rowPlacement) {
        this.dtype = dtype;
        this.k = k;
        this.rows = rows;
        this.bias = bias;
        this.placement = rowPlacement;
        this.weights = NR * registerRows(dtype);
    }

    /**
     * Returns the most rows of x in a tile: as many as there are vectors for, but fewer where rows are whole pages, since then
     * what is read of each at a time goes to the same eight places of the first cache.
     */
    static int maxRows(DType dtype, int k) {
        return dtype.bytes(k) % PAGE == 0 ? ALIASED_MAX_ROWS : registerRows(dtype);
    }

    /** Returns for how many rows of x there are vectors. */
    private static int registerRows(DType dtype) {
        return dtype == DType.Q4_0 ? ALIASED_MAX_ROWS : 6;
    }

    /**
     * Returns the code.
     *
     * @param rows of x, 1 to {@link #maxRows}
     * @param bias whether one is added
     */
    static byte[] generate(DType dtype, int k, int rows, boolean bias, RowPlacement rowPlacement) {
        SkinnyGemmGenerator product = new SkinnyGemmGenerator(dtype, k, rows, bias, rowPlacement);
        product.emitFunction();
        return product.code.bytes();
    }

    private void emitFunction() {
        SAVED.forEach(code::push);
        code.loadAddress(R11, Address.at(RSI, RSI, 1));
        constants();
        int next = code.position();
        emitRowGroup();
        int done = placement == RowPlacement.APART ? 1 : NR;
        code.add(RDI, done * (int) dtype.bytes(k));
        code.add(RCX, done * Float.BYTES);
        code.add(R9, -1);
        code.jumpIfNotZero(next);
        SAVED.reversed().forEach(code::pop);
        code.ret();
    }

    private void constants() {
        if (k % LANES != 0) {
            code.mask(k % LANES);
        }
        if (dtype.isQuantised()) {
            code.constant(RBP, JitConstants.F16_TABLE);
        }
        if (dtype == DType.Q4_0) {
            code.constant(RAX, JitConstants.Q4_CONSTANTS);
            code.vector(VBROADCASTSS, NIBBLE, 0, Address.at(RAX).plus(JitConstants.FIFTEEN));
        }
    }

    private void emitRowGroup() {
        code.copy(R10, RDI);
        code.copy(RAX, RDX);
        for (int c = 0; c < rows; c++) {
            for (int r = 0; r < NR; r++) {
                code.vector(VPXORD, accumulator(c, r), accumulator(c, r), accumulator(c, r));
            }
        }
        if (k >= STEP) {
            int wide = k / STEP * STEP / LANES * xVector();
            code.loadAddress(RBX, Address.at(RDX).plus(wide));
            int next = code.position();
            emitDepthStep();
            code.add(R10, (int) dtype.bytes(STEP));
            code.add(RAX, STEP / LANES * xVector());
            code.compare(RAX, RBX);
            code.jumpIfNotZero(next);
        }
        int left = k % STEP;
        for (int from = 0; from < left; from += LANES) {
            emitLanes(from, left - from < LANES);
        }
        new SkinnyGemmEpilogue(code, rows, placement, weights, bias, ARGUMENTS).write();
    }

    private void emitDepthStep() {
        switch (dtype) {
            case Q8_0 -> multiplyQ8Block();
            case Q4_0 -> multiplyQ4Block();
            default -> {
                prefetch();
                emitLanes(0, false);
                emitLanes(LANES, false);
            }
        }
    }

    private void prefetch() {
        for (int r = 0; r < NR; r++) {
            for (int ahead = 0; ahead < dtype.bytes(STEP); ahead += VECTOR) {
                code.prefetch(weights(r).plus(AHEAD + ahead));
            }
        }
    }

    /** Adds the products of up to 16 neighbours. */
    private void emitLanes(int from, boolean masked) {
        Instruction load = switch (dtype) {
            case BF16 -> VPMOVZXWD;
            case F16 -> VCVTPH2PS;
            default -> VMOVUPS;
        };
        for (int r = 0; r < NR; r++) {
            load(load, weights + r, weights(r).plus((int) dtype.bytes(from)), masked);
            if (dtype == DType.BF16) {
                code.shiftLeft(weights + r, weights + r, 16);
            }
        }
        multiply(from, masked);
    }

    private void multiply(int from, boolean masked) {
        for (int c = 0; c < rows; c++) {
            load(VMOVUPS, X, x(c).plus(4 * from), masked);
            for (int r = 0; r < NR; r++) {
                code.vector(VFMADD231PS, accumulator(c, r), weights + r, X);
            }
        }
    }

    private void load(Instruction op, int to, Address from, boolean masked) {
        if (masked) {
            code.masked(op, to, from);
        } else {
            code.vector(op, to, 0, from);
        }
    }

    /** Adds the products of a block of Q8_0: a byte times its scale is exact in F32. */
    private void multiplyQ8Block() {
        for (int r = 0; r < NR; r++) {
            code.loadShort(SCALES[r], weights(r));
            code.prefetch(weights(r).plus(AHEAD));
        }
        for (int from = 0; from < Dequantisation.BLOCK; from += LANES) {
            for (int r = 0; r < NR; r++) {
                code.vector(VPMOVSXBD, weights + r, 0, weights(r).plus(Short.BYTES + from));
                code.vector(VCVTDQ2PS, weights + r, 0, weights + r);
                code.broadcast(VMULPS, weights + r, weights + r, scale(r));
            }
            multiply(from, false);
        }
    }

    /**
     * Adds the products of a block of Q4_0, whose bytes are {@code b = 16 h + l}: {@code d sum((l - 8) x + (h - 8) x')}, as
     * {@code d (-8 sum(x + x') + sum(l (x - x' / 16) + b x' / 16))}, where what is of x alone is known. That takes few
     * instructions, and those run beside the multiplications.
     */
    private void multiplyQ4Block() {
        for (int r = 0; r < NR; r++) {
            int low = weights + 2 * r;
            int both = low + 1;
            code.loadShort(SCALES[r], weights(r));
            code.prefetch(weights(r).plus(AHEAD));
            code.vector(VPMOVZXBD, both, 0, weights(r).plus(Short.BYTES));
            code.vector(VPANDD, low, both, NIBBLE);
            code.vector(VCVTDQ2PS, both, 0, both);
            code.vector(VCVTDQ2PS, low, 0, low);
        }
        for (int c = 0; c < rows; c++) {
            code.vector(VMOVUPS, X, 0, x(c));
            code.vector(VMOVUPS, HIGH_X, 0, x(c).plus(VECTOR));
            code.vector(VMOVUPS, ZERO, 0, x(c).plus(2 * VECTOR));
            for (int r = 0; r < NR; r++) {
                code.vector(VMOVUPS, BLOCK, 0, ZERO);
                code.vector(VFMADD231PS, BLOCK, weights + 2 * r, X);
                code.vector(VFMADD231PS, BLOCK, weights + 2 * r + 1, HIGH_X);
                code.broadcast(VFMADD231PS, accumulator(c, r), BLOCK, scale(r));
            }
        }
    }

    /** Returns where a row of weights is read. */
    static Address weights(int r) {
        return switch (r) {
            case 0 -> Address.at(R10);
            case 1 -> Address.at(R10, RSI, 0);
            case 2 -> Address.at(R10, RSI, 1);
            default -> Address.at(R10, R11, 0);
        };
    }

    private Address x(int c) {
        return Address.at(RAX).plus(c * k * (xVector() / LANES));
    }

    /** Returns how many bytes 16 elements of x take: those of Q4_0 come with half a vector of the sum's beginning. */
    private int xVector() {
        return dtype == DType.Q4_0 ? VECTOR + VECTOR / 2 : VECTOR;
    }

    private static Address scale(int r) {
        return Address.at(RBP, SCALES[r], 2);
    }

    /** Returns the vector of the sum of a row of x and a row of weights. */
    static int accumulator(int c, int r) {
        return c * NR + r;
    }
}
