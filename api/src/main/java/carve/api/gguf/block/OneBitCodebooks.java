package carve.api.gguf.block;

/**
 * Blocks of 256 elements of -1, 0 and 1 that come eight at a time from a codebook, shifted by an eighth: IQ1_S and IQ1_M. An
 * element is {@code d * (2 s + 1) * (value + 1/8)} or {@code d * (2 s + 1) * (value - 1/8)}.
 *
 * <p>IQ1_S: d, F16; 32 bytes, the lower eight bits of the indices; for each 32 elements 16 bits: four times the upper three bits
 * of an index, the scale s, and a bit that is set where the shift is down.
 *
 * <p>IQ1_M: 32 bytes, the lower eight bits of the indices; 16 bytes, four bits for each vector: the upper three of its index and
 * the shift; four integers of 16 bits: in the upper four bits of each a part of d, the lowest first, then scales of three bits,
 * one for each 16 elements.
 */
final class OneBitCodebooks {
    private static final int VECTORS = 32;
    private static final float SHIFT = 0.125f;

    private OneBitCodebooks() {}

    /** Unpacks IQ1_S to F32. */
    static void s(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        for (int i = 0; i < VECTORS; i++) {
            int bits = BlockBytes.unsignedShort(block, 34 + i / 4 * 2);
            int index = block[2 + i] & 255 | (bits >> i % 4 * 3 & 7) << 8;
            vector(index, d * (2 * (bits >> 12 & 7) + 1), (bits & 0x8000) != 0, target, i);
        }
    }

    /** Unpacks IQ1_M to F32. */
    static void m(byte[] block, byte[] target) {
        float d = Float.float16ToFloat((short) (upperBits(block, 0)
                | upperBits(block, 1) << 4
                | upperBits(block, 2) << 8
                | upperBits(block, 3) << 12));
        for (int i = 0; i < VECTORS; i++) {
            int half = i / 2;
            int scale = BlockBytes.unsignedShort(block, 48 + half / 4 * 2) >> half % 4 * 3 & 7;
            int bits = BlockBytes.nibble(block, 32 + i / 2, i % 2 == 1);
            vector(block[i] & 255 | (bits & 7) << 8, d * (2 * scale + 1), (bits & 8) != 0, target, i);
        }
    }

    private static int upperBits(byte[] block, int i) {
        return BlockBytes.unsignedShort(block, 48 + i * 2) >> 12;
    }

    private static void vector(int index, float scale, boolean down, byte[] target, int vector) {
        float shift = down ? -SHIFT : SHIFT;
        for (int j = 0; j < 8; j++) {
            BlockBytes.setFloat(target, vector * 8 + j, scale * (Codebook.IQ1_S.value(index, j) + shift));
        }
    }
}
