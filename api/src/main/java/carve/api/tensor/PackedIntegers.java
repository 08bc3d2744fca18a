package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The 32 integers of 4 or 5 bits of a block of Q4_0, Q4_1, Q5_0 or Q5_1: with 5 bits first the fifth bit of each, in 4 bytes;
 * then 16 bytes, byte i with the low four bits of integers i and i + 16.
 */
final class PackedIntegers {
    /** The number of integers. */
    static final int SIZE = 32;

    private static final int HALF = SIZE / 2;

    private PackedIntegers() {}

    /** Returns an integer, without sign. */
    static int get(MemorySegment source, long at, int bits, int i) {
        long nibbles = at + (bits == 5 ? SIZE / Byte.SIZE : 0);
        int low = BlockCodec.unsigned(source, nibbles + i % HALF) >> i / HALF * 4 & 15;
        return bits == 4 ? low : low | (BlockCodec.unsigned(source, at + i / 8) >> i % 8 & 1) << 4;
    }

    /** Writes integers. */
    static void set(int[] integers, int bits, MemorySegment target, long at) {
        long nibbles = at;
        if (bits == 5) {
            nibbles += SIZE / Byte.SIZE;
            for (int i = 0; i < SIZE; i += Byte.SIZE) {
                int fifths = 0;
                for (int j = 0; j < Byte.SIZE; j++) {
                    fifths |= integers[i + j] >> 4 << j;
                }
                target.set(BlockCodec.BYTE, at + i / Byte.SIZE, (byte) fifths);
            }
        }
        for (int i = 0; i < HALF; i++) {
            target.set(BlockCodec.BYTE, nibbles + i, (byte) (integers[i] & 15 | (integers[HALF + i] & 15) << 4));
        }
    }
}
