package carve.api.gguf.block;

/**
 * Blocks of 256 elements in 16 groups of 16, each group with a scale of its own: Q2_K and Q3_K.
 *
 * <p>Both keep two bits of each element in 64 bytes: element {@code 128 h + 32 j + l} in bits 2 j of byte {@code 32 h + l}.
 *
 * <p>Q2_K: 16 bytes, the scale of each group in the lower and its minimum in the upper four bits; 64 bytes of elements; d and
 * dmin, F16. An element is {@code d * scale * q - dmin * minimum}.
 *
 * <p>Q3_K: 32 bytes with the third bit, bit {@code 4 h + j} of byte l, of each element; 64 bytes with the other two; 12 bytes,
 * 16 scales of 6 bits: the lower four bits of scales g and g + 8 in byte g, the upper two of g, g + 4, g + 8, g + 12 in byte
 * 8 + g; d, F16. An element is {@code d * (scale - 32) * (q - 4)}, which Q6_K holds.
 */
final class KBlocks {
    private static final int SIZE = 256;
    private static final int GROUP = 16;

    private KBlocks() {}

    /** Unpacks Q2_K to F32. */
    static void q2(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 80);
        float dmin = BlockBytes.half(block, 82);
        for (int group = 0; group < SIZE / GROUP; group++) {
            float scale = d * BlockBytes.nibble(block, group, false);
            float minimum = dmin * BlockBytes.nibble(block, group, true);
            for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
                BlockBytes.setFloat(target, i, scale * twoBits(block, GROUP, i) - minimum);
            }
        }
    }

    private static int twoBits(byte[] block, int at, int i) {
        return block[at + i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
    }

    /** Unpacks Q3_K to Q6_K. */
    static void q3(byte[] block, byte[] target) {
        Q6Packing.copyScale(block, 108, target);
        for (int group = 0; group < SIZE / GROUP; group++) {
            Q6Packing.setScale(target, group, q3Scale(block, group) - 32);
        }
        for (int i = 0; i < SIZE; i++) {
            int third = block[i % 32] >> i / 32 & 1;
            Q6Packing.set(target, i, (twoBits(block, 32, i) | third << 2) - 4);
        }
    }

    private static int q3Scale(byte[] block, int group) {
        int low = BlockBytes.nibble(block, 96 + group % 8, group >= 8);
        return low | (block[104 + group % 4] >> group / 4 * 2 & 3) << 4;
    }
}
