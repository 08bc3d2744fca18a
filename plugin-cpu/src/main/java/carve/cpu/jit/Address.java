package carve.cpu.jit;

/**
 * A memory operand of an instruction, {@code base + index * 2^shift + displacement} bytes.
 *
 * @param base a register
 * @param index a register; {@code RSP} for none
 * @param shift 0 to 3
 * @param displacement bytes
 */
public record Address(Register base, Register index, int shift, int displacement) {
    /** Checks the shift. */
    public Address {
        if (shift < 0 || shift > 3) {
            throw new IllegalArgumentException("scale must be 2^0 to 2^3, shift is " + shift);
        }
    }

    /** Returns where a register points to. */
    public static Address at(Register base) {
        return new Address(base, Register.RSP, 0, 0);
    }

    /** Returns where a register and a shifted other add up to. */
    public static Address at(Register base, Register index, int shift) {
        return new Address(base, index, shift, 0);
    }

    /** Returns the place so many bytes further on. */
    public Address plus(int bytes) {
        return new Address(base, index, shift, Math.addExact(displacement, bytes));
    }

    boolean hasIndex() {
        return index != Register.RSP;
    }
}
