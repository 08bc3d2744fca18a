package carve.cpu.jit;

/**
 * Where an instruction reads or writes, {@code base + index * 2^shift + distance} bytes.
 *
 * @param base a register
 * @param index a register; {@code RSP} for none
 * @param shift 0 to 3
 * @param distance bytes
 */
public record Address(Register base, Register index, int shift, int distance) {
    /** Checks the shift. */
    public Address {
        if (shift < 0 || shift > 3) {
            throw new IllegalArgumentException("an index is shifted by 0 to 3, not by " + shift);
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
        return new Address(base, index, shift, Math.addExact(distance, bytes));
    }

    boolean hasIndex() {
        return index != Register.RSP;
    }
}
