package carve.api.gguf.block;

/**
 * Blocks of integers of one or two bits that share an F16 scale: Q1_0, Q2_0, TQ1_0 and TQ2_0, all of which Q4_0 holds.
 *
 * <p>Q1_0: d, then 128 bits, which stand for -d and d. Q2_0: d, then 64 elements of two bits, {@code d * (q - 1)}. TQ2_0: 256
 * elements of two bits, element {@code 128 h + 32 j + l} in bits 2 j of byte {@code 32 h + l}, then d; {@code d * (q - 1)}.
 *
 * <p>TQ1_0 packs digits of base 3, five to a byte: digit n of byte b is {@code (b * 3^n mod 256) * 3 / 256}. There are 32
 * bytes whose digits n are elements {@code 32 n + l}, 16 bytes with elements {@code 160 + 16 n + l}, and 4 bytes of four
 * digits with elements {@code 240 + 4 n + l}; then d. An element is {@code d * (digit - 1)}.
 */
final class SmallIntegerBlocks {
    private static final int[] POWERS = {1, 3, 9, 27, 81};

    private SmallIntegerBlocks() {}

    /** Unpacks Q1_0 to Q4_0. */
    static void q1(byte[] block, byte[] target) {
        byte[] integers = new byte[128];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (byte) ((block[Short.BYTES + i / 8] >> i % 8 & 1) * 2 - 1);
        }
        ScaledIntegers.writeQ4(block, 0, integers, target);
    }

    /** Unpacks Q2_0 to Q4_0. */
    static void q2(byte[] block, byte[] target) {
        byte[] integers = new byte[64];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (byte) ((block[Short.BYTES + i / 4] >> i % 4 * 2 & 3) - 1);
        }
        ScaledIntegers.writeQ4(block, 0, integers, target);
    }

    /** Unpacks TQ2_0 to Q4_0. */
    static void ternaryTwoBits(byte[] block, byte[] target) {
        byte[] integers = new byte[256];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (byte) ((block[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3) - 1);
        }
        ScaledIntegers.writeQ4(block, 64, integers, target);
    }

    /** Unpacks TQ1_0 to Q4_0. */
    static void ternaryBaseThree(byte[] block, byte[] target) {
        byte[] integers = new byte[256];
        digits(block, 0, 32, 5, integers, 0);
        digits(block, 32, 16, 5, integers, 160);
        digits(block, 48, 4, 4, integers, 240);
        ScaledIntegers.writeQ4(block, 52, integers, target);
    }

    private static void digits(byte[] block, int at, int bytes, int digits, byte[] integers, int first) {
        for (int n = 0; n < digits; n++) {
            for (int l = 0; l < bytes; l++) {
                int shifted = block[at + l] * POWERS[n] & 255;
                integers[first + n * bytes + l] = (byte) ((shifted * 3 >> 8) - 1);
            }
        }
    }
}
