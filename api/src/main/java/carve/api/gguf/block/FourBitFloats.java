package carve.api.gguf.block;

/**
 * Blocks of floating-point numbers of 4 bits (E2M1, magnitudes 0, 0.5, 1, 1.5, 2, 3, 4, 6): MXFP4 and NVFP4. Two bits of
 * significand times the four of a scale fit into BF16.
 *
 * <p>MXFP4: a scale {@code 2^(e - 127)} in a byte e, then 16 bytes, elements j and j + 16 in each. NVFP4: four scales, unsigned
 * E4M3 in a byte each, then for each scale 8 bytes of 16 elements, j and j + 8 in each.
 */
final class FourBitFloats {
    /** Twice the magnitudes, with their signs. */
    private static final int[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private FourBitFloats() {}

    /** Unpacks MXFP4 to BF16. */
    static void mxfp4(byte[] block, byte[] target) {
        elements(block, 1, 32, halfPower(block[0] & 255), target, 0);
    }

    /** Unpacks NVFP4 to BF16. */
    static void nvfp4(byte[] block, byte[] target) {
        for (int group = 0; group < 4; group++) {
            elements(block, 4 + group * 8, 16, halfScale(block[group] & 255), target, group * 16);
        }
    }

    private static void elements(byte[] block, int at, int count, float halfScale, byte[] target, int first) {
        for (int i = 0; i < count; i++) {
            int bits = BlockBytes.nibble(block, at + i % (count / 2), i >= count / 2);
            BlockBytes.setBf16(target, first + i, DOUBLED[bits] * halfScale);
        }
    }

    // 2^(e - 128); the two least are not normal
    private static float halfPower(int e) {
        return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
    }

    private static float halfScale(int bits) {
        if (bits == 0 || bits == 0x7f) {
            return 0;
        }
        int exponent = bits >> 3 & 15;
        int mantissa = bits & 7;
        return exponent == 0 ? Math.scalb((float) mantissa, -10) : Math.scalb(8f + mantissa, exponent - 11);
    }
}
