package carve.cpu;

import static carve.cpu.ProductCode.COLUMNS;
import static carve.cpu.ProductCode.sum;
import static carve.cpu.code.Instruction.VADDPS;
import static carve.cpu.code.Instruction.VBROADCASTF32X4;
import static carve.cpu.code.Instruction.VSHUFF32X4;
import static carve.cpu.code.Instruction.VSHUFPS;
import static carve.cpu.code.Register.R10;
import static carve.cpu.code.Register.R12;
import static carve.cpu.code.Register.R13;
import static carve.cpu.code.Register.R8;
import static carve.cpu.code.Register.RAX;
import static carve.cpu.code.Register.RCX;
import static carve.cpu.code.Register.RSP;

import carve.cpu.ProductCode.Lie;
import carve.cpu.code.Address;
import carve.cpu.code.Assembler;
import carve.cpu.code.Instruction;
import carve.cpu.code.Register;

/**
 * Writes what becomes of the sums of a tile of {@link ProductCode}: their lanes are added, and the bias, and the results stored.
 *
 * @param code where it is written
 * @param rows of x in the tile
 * @param lie how the rows of weights lie, and so their results
 * @param free the first of four vectors that may be used
 * @param bias whether one is added
 * @param arguments how far above RSP lies how many bytes the results of two rows of x are apart, and then how far the bias is
 */
record ProductResults(Assembler code, int rows, Lie lie, int free, boolean bias, int arguments) {
    private static final int PARTS = 4;

    /** Writes it. Changes RAX, R10, R12 and R13. */
    void write() {
        for (int first = 0; first < rows; first += PARTS) {
            int count = Math.min(PARTS, rows - first);
            if (lie == Lie.APART) {
                foldApart(first, count);
            } else {
                foldBeside(first, count);
            }
        }
        store();
    }

    /**
     * Adds the lanes of the sums of up to four rows of x: lane c of part r of the first is then the product of row c of these and
     * row r of the weights.
     */
    private void foldApart(int first, int count) {
        for (int c = first; c < first + count; c++) {
            fold(VSHUFF32X4, sum(c, 0), sum(c, 1), sum(c, 2), sum(c, 3));
        }
        fold(
                VSHUFPS,
                sum(first, 0),
                sum(row(first, count, 1), 0),
                sum(row(first, count, 2), 0),
                sum(row(first, count, 3), 0));
    }

    /** As {@link #foldApart}, but lane r of part c is the product. */
    private void foldBeside(int first, int count) {
        for (int r = 0; r < COLUMNS; r++) {
            fold(
                    VSHUFF32X4,
                    sum(first, r),
                    sum(row(first, count, 1), r),
                    sum(row(first, count, 2), r),
                    sum(row(first, count, 3), r));
        }
        fold(VSHUFPS, sum(first, 0), sum(first, 1), sum(first, 2), sum(first, 3));
    }

    // where there are fewer rows, some are folded twice
    private static int row(int first, int count, int c) {
        return c < count ? first + c : first + (count == 3 ? 2 : 0);
    }

    /** Adds halves of four sums, then halves of these; what was in the first then lies beside the others, in the first. */
    private void fold(Instruction shuffle, int one, int two, int three, int four) {
        half(shuffle, one, two, 0x44, 0xEE);
        if (three != one) {
            half(shuffle, three, four, 0x44, 0xEE);
        }
        half(shuffle, one, three, 0x88, 0xDD);
    }

    private void half(Instruction shuffle, int one, int other, int first, int second) {
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
        if (lie == Lie.APART) {
            storeApart();
        } else {
            storeBeside();
        }
    }

    private void storeApart() {
        code.address(R13, Address.at(R8, R8, 1));
        for (int c = 0; c < rows; c++) {
            if (c % PARTS == 0) {
                parts(sum(c, 0));
            }
            for (int r = 0; r < COLUMNS; r++) {
                code.storeLane(column(R10, r), free + r, c % PARTS);
            }
            code.add(R10, RAX);
        }
    }

    private void parts(int sum) {
        for (int r = 0; r < COLUMNS; r++) {
            code.part(free + r, sum, r);
            if (bias) {
                code.repeated(VADDPS, free + r, free + r, column(R12, r));
            }
        }
    }

    private void storeBeside() {
        if (bias) {
            code.vector(VBROADCASTF32X4, free, 0, Address.at(R12));
        }
        for (int c = 0; c < rows; c++) {
            int sum = sum(c / PARTS * PARTS, 0);
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
