package carve.cpu.gemm;

/**
 * The vectors that {@link FixedPointGemmGenerator} uses for what is of weights: constants at the end, and seven for each row of
 * weights that is multiplied at the same time.
 *
 * @param slot the number of the row among those, from 0
 */
record UnpackingRegisters(int slot) {
    /** Masks of the low four bits of bytes. */
    static final int NIBBLES = 31;
    /** Masks of all bits of an integer, or of the fifth alone. */
    static final int UPPER = 30;
    /** A vector that may be changed. */
    static final int SCRATCH = 29;
    /** The first vector of products; the last slot ends below it. */
    static final int PRODUCTS = 25;

    private static final int EACH = 7;

    private int at(int number) {
        return PRODUCTS - EACH * (slot + 1) + number;
    }

    /** Returns the vector with the scales of a block, kept over its parts; or the minimums of a part. */
    int block() {
        return at(0);
    }

    /** Returns the vector with the upper bits of integers, kept over the parts of half a block. */
    int upperBits() {
        return at(1);
    }

    /** Returns a vector of stored bytes, 0 or 1, kept over the parts of a block. */
    int bytes(int number) {
        return at(2 + number);
    }

    /** Returns a vector of integers of a part, 0 or 1: unsigned bytes in the order of {@link FixedPointLayout}. */
    int integers(int number) {
        return at(4 + number);
    }

    /** Returns the vector with a scale for each lane of a part; before the parts, the minimums of a block. */
    int scales() {
        return at(6);
    }
}
