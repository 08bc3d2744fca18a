package carve.api.gguf.block;

/**
 * Blocks of 256 elements whose magnitudes come four at a time from a codebook: IQ3_XXS and IQ3_S. Groups of 32 elements have a
 * scale s of 4 bits.
 *
 * <p>IQ3_XXS: d, F16; 64 bytes with indices; then for each 32 elements 32 bits: four times seven bits of signs and the scale. An
 * element is {@code d * (s + 1/2) / 2 * magnitude}, with a sign.
 *
 * <p>IQ3_S: d; 64 bytes, the lower eight bits of the indices; 8 bytes, their ninth bits; 32 bytes of signs; 4 bytes with two
 * scales each. An element is {@code d * (2 s + 1) * magnitude}, with a sign: magnitudes are at most 15, so Q6_K holds it.
 */
final class ThreeBitCodebooks {
    private static final int GROUPS = 8;

    private ThreeBitCodebooks() {}

    /** Unpacks IQ3_XXS to F32. */
    static void xxs(byte[] block, byte[] target) {
        float d = BlockBytes.half(block, 0);
        for (int group = 0; group < GROUPS; group++) {
            int bits = BlockBytes.integer(block, 66 + group * 4);
            float scale = d * (0.5f + (bits >>> 28)) * 0.5f;
            for (int i = 0; i < 32; i++) {
                int signs = Signs.ofSeven(bits >>> i / 8 * 7);
                float magnitude = Codebook.IQ3_XXS.value(block[2 + group * 8 + i / 4] & 255, i % 4);
                BlockBytes.setFloat(target, group * 32 + i, Signs.apply(signs, i % 8, scale * magnitude));
            }
        }
    }

    /** Unpacks IQ3_S to Q6_K. */
    static void s(byte[] block, byte[] target) {
        Q6Packing.copyScale(block, 0, target);
        for (int half = 0; half < 2 * GROUPS; half++) {
            int s = BlockBytes.nibble(block, 106 + half / 4, half / 2 % 2 == 1);
            Q6Packing.setScale(target, half, 2 * s + 1);
        }
        for (int i = 0; i < 256; i++) {
            int ninth = block[66 + i / 32] >> i % 32 / 4 & 1;
            int magnitude = Codebook.IQ3_S.value(block[2 + i / 4] & 255 | ninth << 8, i % 4);
            boolean negative = (block[74 + i / 8] >> i % 8 & 1) == 1;
            Q6Packing.set(target, i, negative ? -magnitude : magnitude);
        }
    }
}
