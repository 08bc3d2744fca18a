package carve.cpu.gemm;

import carve.api.tensor.DType;

/**
 * The layout of a row of x in fixed point, for products with quantised weights: first a vector of 64 bytes that repeats the row's
 * scale; then, step by step of the row, for each 64 elements three vectors of signed bytes, the upper, the middle and the
 * lower ones of integers of 24 bits; and behind those of a step a vector of sums of its integers. Elements are in the order in
 * which weights of the type are unpacked. The last step of a row is filled up with zeros.
 *
 * <p>The integers are {@code round(x / scale)} with {@code scale = max|x| / 8355584}, so that an element is off by at most half of
 * 1 in 8.3 million of the row's greatest one: about what F32 is.
 *
 * @param dtype the type of the weights
 * @param k the elements of a row
 */
record FixedPointLayout(DType dtype, int k) {
    /** The bytes of an integer. */
    static final int PLANES = 3;
    /** The bytes of a vector. */
    static final int VECTOR = 64;
    /** The elements that stay together, which make a quarter of a vector of bytes. */
    static final int PIECE = 16;
    /** The greatest integer, below {@code 0x7F7F7F}, beyond which three signed bytes overflow, by more than divisions round up. */
    static final int MAX = 0x7F7F00;

    /** The sums that go with the integers of a step. */
    enum Sums {
        /** In F32, of each piece of a block of 256 elements. */
        PIECES,
        /** In F32, of each four bytes of the step's two vectors that are in the same lane. */
        LANES,
        /** As {@link #LANES}, but I32, and times what the weights are too large by, negative. */
        OFFSETS
    }

    /** Returns whether weights of a type are multiplied in fixed point. */
    static boolean supports(DType dtype) {
        return dtype.isQuantised() && dtype != DType.Q8_0;
    }

    /** Returns the sums that weights of this type need. */
    Sums sums() {
        return switch (dtype) {
            case Q4_K, Q5_K, Q6_K -> Sums.PIECES;
            case Q4_1, Q5_1 -> Sums.LANES;
            default -> Sums.OFFSETS;
        };
    }

    /** Returns by which power of two weights are too large as they are stored, where sums are {@link Sums#OFFSETS}. */
    int offsetBits() {
        return dtype == DType.Q4_0 ? 3 : 4;
    }

    /** Returns how many elements a step of the loop over a row takes: a block of 256, or four of 32. */
    int step() {
        return sums() == Sums.PIECES ? dtype.blockElements() : 4 * dtype.blockElements();
    }

    /** Returns how many groups of 64 elements a step has, each of which gives a vector of each byte. */
    int groups() {
        return step() / VECTOR;
    }

    /** Returns the bytes that a step takes. */
    int stepBytes() {
        return (groups() * PLANES + 1) * VECTOR;
    }

    /** Returns the bytes of a row. */
    int rowBytes() {
        return VECTOR + (k + step() - 1) / step() * stepBytes();
    }

    /**
     * Returns where in a step a piece is, as an offset into the vectors of upper bytes.
     *
     * <p>Each vector of Q4_K and Q5_K has a quarter of two of the eight groups of weights, so that the scale of a lane is the same
     * for the two vectors that are unpacked from lower halves of bytes, and for the two from upper ones. Four blocks of 32 give two
     * vectors, from lower and from upper halves, with a quarter of each block.
     */
    int offset(int piece) {
        return switch (dtype) {
            case Q4_K, Q5_K -> place(piece / 2 % 2 * 2 + piece % 2, piece / 4);
            case Q6_K -> place(piece / 4, piece % 4);
            default -> place(piece % 2, piece / 2);
        };
    }

    private static int place(int vector, int quarter) {
        return vector * PLANES * VECTOR + quarter * PIECE;
    }
}
