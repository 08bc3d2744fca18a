package carve.api.gguf.block;

/**
 * Blocks of 256 elements whose magnitudes come eight at a time from a codebook: IQ2_XXS, IQ2_XS and IQ2_S. Groups of 16 or 32
 * elements have a scale s of 4 bits; an element is {@code d * (s + 1/2) / 4 * magnitude}, with a sign.
 *
 * <p>IQ2_XXS: d, F16, then for each 32 elements four bytes with indices and 32 bits: four times seven bits of signs and the
 * scale. IQ2_XS: d; 32 integers of 16 bits, nine bits of index and seven of signs; 8 bytes with two scales each. IQ2_S: d; 32
 * bytes, the lower eight bits of the indices; 32 bytes of signs; 8 bytes, the upper two bits of four indices each; 8 bytes with
 * two scales each.
 */
final class TwoBitCodebooks {
    private static final int GROUPS = 8;

    private TwoBitCodebooks() {}

    /** Unpacks IQ2_XXS to F32. */
    static void xxs(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        for (int group = 0; group < GROUPS; group++) {
            int at = 2 + group * 8;
            int bits = BlockBytes.integer(block, at + 4);
            float scale = scale(d, bits >>> 28);
            for (int l = 0; l < 4; l++) {
                int signs = Signs.ofSeven(bits >>> 7 * l);
                vector(Codebook.IQ2_XXS, block[at + l] & 255, signs, scale, target, group * 4 + l);
            }
        }
    }

    /** Unpacks IQ2_XS to F32. */
    static void xs(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        for (int i = 0; i < GROUPS * 4; i++) {
            int bits = BlockBytes.unsignedShort(block, 2 + i * 2);
            float scale = scale(d, BlockBytes.nibble(block, 66 + i / 4, i % 4 >= 2));
            vector(Codebook.IQ2_XS, bits & 511, Signs.ofSeven(bits >> 9), scale, target, i);
        }
    }

    /** Unpacks IQ2_S to F32. */
    static void s(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        for (int i = 0; i < GROUPS * 4; i++) {
            int index = block[2 + i] & 255 | (block[66 + i / 4] >> i % 4 * 2 & 3) << 8;
            float scale = scale(d, BlockBytes.nibble(block, 74 + i / 4, i % 4 >= 2));
            vector(Codebook.IQ2_S, index, block[34 + i], scale, target, i);
        }
    }

    private static float scale(float d, int s) {
        return d * (0.5f + s) * 0.25f;
    }

    private static void vector(Codebook codebook, int index, int signs, float scale, byte[] target, int vector) {
        for (int j = 0; j < 8; j++) {
            BlockBytes.setFloat(target, vector * 8 + j, Signs.apply(signs, j, scale * codebook.value(index, j)));
        }
    }
}
