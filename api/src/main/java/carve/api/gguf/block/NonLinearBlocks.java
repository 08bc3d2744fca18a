package carve.api.gguf.block;

/**
 * Blocks of indices of 4 bits to a table of 16 integers: IQ4_NL and IQ4_XS.
 *
 * <p>IQ4_NL: d, F16, then 16 bytes, elements j and j + 16 of 32 in each; {@code d * table[q]}, which Q8_0 holds. IQ4_XS: d, F16;
 * the upper two bits of 8 scales, 2 bytes; their lower four bits, 4 bytes; then the 16 bytes of each group of 32 elements,
 * {@code d * (scale - 32) * table[q]}.
 */
final class NonLinearBlocks {
    private static final int[] TABLE = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    private static final int SIZE = 32;
    private static final int HALF = SIZE / 2;

    private NonLinearBlocks() {}

    /** Unpacks IQ4_NL to Q8_0. */
    static void iq4Nl(byte[] block, byte[] target) {
        ScaledIntegers.copyScale(block, 0, target);
        for (int i = 0; i < SIZE; i++) {
            ScaledIntegers.setQ8(target, i, element(block, Short.BYTES, i));
        }
    }

    /** Unpacks IQ4_XS to F32. */
    static void iq4Xs(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        int upper = BlockBytes.unsignedShort(block, 2);
        for (int group = 0; group < 8; group++) {
            int scale = BlockBytes.nibble(block, 4 + group / 2, group % 2 == 1) | (upper >> 2 * group & 3) << 4;
            for (int i = 0; i < SIZE; i++) {
                BlockBytes.setFloat(target, group * SIZE + i, d * (scale - 32) * element(block, 8 + group * HALF, i));
            }
        }
    }

    private static int element(byte[] block, int at, int i) {
        return TABLE[BlockBytes.nibble(block, at + i % HALF, i >= HALF)];
    }
}
