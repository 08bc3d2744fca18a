package carve.api.gguf.block;

/**
 * Blocks of 32 integers of 5 bits: Q5_0 and Q5_1.
 *
 * <p>Layout of Q5_0: {@code d} F16; {@code h}, 32 bits, the fifth bit of each element; 16 bytes, the lower four bits of
 * elements j and j + 16. Element i is {@code d * (q[i] - 16)}, which Q8_0 holds. Q5_1 has {@code m}, F16, after d, and
 * stands for {@code d * q[i] + m}.
 */
final class FiveBitBlocks {
    private static final int SIZE = 32;
    private static final int HALF = SIZE / 2;

    private FiveBitBlocks() {}

    /** Unpacks Q5_0 to Q8_0. */
    static void q5Zero(byte[] block, byte[] target) {
        ScaledIntegers.copyScale(block, 0, target);
        for (int i = 0; i < SIZE; i++) {
            ScaledIntegers.setQ8(target, i, element(block, 2, i) - 16);
        }
    }

    /** Unpacks Q5_1 to F32. */
    static void q5One(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        float m = BlockBytes.half(block, 2);
        for (int i = 0; i < SIZE; i++) {
            BlockBytes.setFloat(target, i, element(block, 4, i) * d + m);
        }
    }

    private static int element(byte[] block, int bits, int i) {
        int fifth = BlockBytes.integer(block, bits) >>> i & 1;
        return BlockBytes.nibble(block, bits + Integer.BYTES + i % HALF, i >= HALF) | fifth << 4;
    }
}
