package carve.cpu.gemm;

import static carve.cpu.gemm.SkinnyGemmGenerator.NR;
import static carve.cpu.gemm.SkinnyGemmGenerator.accumulator;
import static carve.cpu.jit.Instruction.VADDPS;
import static carve.cpu.jit.Instruction.VBROADCASTF32X4;
import static carve.cpu.jit.Instruction.VSHUFF32X4;
import static carve.cpu.jit.Instruction.VSHUFPS;
import static carve.cpu.jit.Register.R10;
import static carve.cpu.jit.Register.R12;
import static carve.cpu.jit.Register.R13;
import static carve.cpu.jit.Register.R8;
import static carve.cpu.jit.Register.RAX;
import static carve.cpu.jit.Register.RCX;
import static carve.cpu.jit.Register.RSP;

import carve.cpu.gemm.SkinnyGemmGenerator.RowPlacement;
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Instruction;
import carve.cpu.jit.Register;

/**
 * Writes what becomes of the sums of a tile of {@link SkinnyGemmGenerator}: their lanes are added, and the bias, and the results stored.
 *
 * @param code where it is written
 * @param rows of x in the tile
 * @param placement the placement of the rows of weights, and so of their results
 * @param free the first of four vectors that may be used
 * @param bias whether one is added
 * @param arguments how far above RSP lies how many bytes the results of two rows of x are apart, and then how far the bias is
 */
record SkinnyGemmEpilogue(Assembler code, int rows, RowPlacement placement, int free, boolean bias, int arguments) {
    private static final int PARTS = 4;

    /** Writes it. Changes RAX, R10, R12 and R13. */
    void write() {
        for (int first = 0; first < rows; first += PARTS) {
            int count = Math.min(PARTS, rows - first);
            if (placement == RowPlacement.APART) {
                reduceApart(first, count);
            } else {
                reduceAdjacent(first, count);
            }
        }
        store();
    }

    /**
     * Adds the lanes of the sums of up to four rows of x: lane c of part r of the first is then the product of row c of these and
     * row r of the weights.
     */
    private void reduceApart(int first, int count) {
        for (int c = first; c < first + count; c++) {
            reduceFour(VSHUFF32X4, accumulator(c, 0), accumulator(c, 1), accumulator(c, 2), accumulator(c, 3));
        }
        reduceFour(
                VSHUFPS,
                accumulator(first, 0),
                accumulator(row(first, count, 1), 0),
                accumulator(row(first, count, 2), 0),
                accumulator(row(first, count, 3), 0));
    }

    /** As {@link #reduceApart}, but lane r of part c is the product. */
    private void reduceAdjacent(int first, int count) {
        for (int r = 0; r < NR; r++) {
            reduceFour(
                    VSHUFF32X4,
                    accumulator(first, r),
                    accumulator(row(first, count, 1), r),
                    accumulator(row(first, count, 2), r),
                    accumulator(row(first, count, 3), r));
        }
        reduceFour(VSHUFPS, accumulator(first, 0), accumulator(first, 1), accumulator(first, 2), accumulator(first, 3));
    }

    // where there are fewer rows, some are folded twice
    private static int row(int first, int count, int c) {
        return c < count ? first + c : first + (count == 3 ? 2 : 0);
    }

    /** Adds halves of four sums, then halves of these; the result of each is then in the first vector. */
    private void reduceFour(Instruction shuffle, int one, int two, int three, int four) {
        reducePair(shuffle, one, two, 0x44, 0xEE);
        if (three != one) {
            reducePair(shuffle, three, four, 0x44, 0xEE);
        }
        reducePair(shuffle, one, three, 0x88, 0xDD);
    }

    private void reducePair(Instruction shuffle, int one, int other, int first, int second) {
        code.vector(shuffle, free, one, other, first);
        code.vector(shuffle, free + 1, one, other, second);
        code.vector(VADDPS, one, free, free + 1);
    }

    private void store() {
        if (bias) {
            code.load(R12, Address.at(RSP).plus(arguments + 8));
            code.add(R12, RCX);
        }
        code.load(RAX, Address.at(RSP).plus(arguments));
        code.copy(R10, RCX);
        if (placement == RowPlacement.APART) {
            storeApart();
        } else {
            storeAdjacent();
        }
    }

    private void storeApart() {
        code.loadAddress(R13, Address.at(R8, R8, 1));
        for (int c = 0; c < rows; c++) {
            if (c % PARTS == 0) {
                parts(accumulator(c, 0));
            }
            for (int r = 0; r < NR; r++) {
                code.storeLane(column(R10, r), free + r, c % PARTS);
            }
            code.add(R10, RAX);
        }
    }

    private void parts(int sum) {
        for (int r = 0; r < NR; r++) {
            code.extractPart(free + r, sum, r);
            if (bias) {
                code.broadcast(VADDPS, free + r, free + r, column(R12, r));
            }
        }
    }

    private void storeAdjacent() {
        if (bias) {
            code.vector(VBROADCASTF32X4, free, 0, Address.at(R12));
        }
        for (int c = 0; c < rows; c++) {
            int sum = accumulator(c / PARTS * PARTS, 0);
            if (bias && c % PARTS == 0) {
                code.vector(VADDPS, sum, sum, free);
            }
            code.storePart(Address.at(R10), sum, c % PARTS);
            code.add(R10, RAX);
        }
    }

    private static Address column(Register base, int r) {
        return switch (r) {
            case 0 -> Address.at(base);
            case 1 -> Address.at(base, R8, 0);
            case 2 -> Address.at(base, R8, 1);
            default -> Address.at(base, R13, 0);
        };
    }
}
