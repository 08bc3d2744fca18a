package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.jit.Address;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.Register;

/**
 * Writes the instructions that bring the integers and the scales of blocks of one storage type into vectors, for {@link
 * FixedPointGemmGenerator}. The vectors of a step are in parts: those of a part have the same scales, lane by lane.
 */
interface BlockUnpacking {
    /** The register with the address of {@link FixedPointConstants}. */
    Register TABLE = Register.RBP;

    /** Returns how many parts a step has. */
    int parts();

    /** Writes what comes before the loops: it loads constants. */
    void constants();

    /**
     * Writes what comes before the parts of a step. Where sums of x are of pieces, {@link UnpackingRegisters#scales} are then what
     * they are multiplied with, to be subtracted.
     */
    void step(Address block, UnpackingRegisters to);

    /**
     * Writes what gives the integers and the scales of a part. Where sums of x are of lanes, {@link UnpackingRegisters#block} is
     * then what they are multiplied with.
     *
     * @param elements of the step; fewer where the row ends
     */
    void part(Address block, int part, int elements, UnpackingRegisters to);

    /** Returns a constant of the table. */
    static Address constant(int offset) {
        return Address.at(TABLE).plus(offset);
    }

    /** Returns what unpacks a type. */
    static BlockUnpacking of(DType dtype, Assembler code) {
        return switch (dtype) {
            case Q4_K -> new ScaleMinUnpacking(code, false);
            case Q5_K -> new ScaleMinUnpacking(code, true);
            case Q6_K -> new Q6KUnpacking(code);
            default -> new FourBlockUnpacking(code, dtype);
        };
    }
}
