package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The eight scales and eight minimums of a block of Q4_K or Q5_K, 6 bits each in 12 bytes: those of the first four groups in
 * the low bits of bytes 0 to 3 and 4 to 7; of the others, the low four bits in the halves of bytes 8 to 11, and the high two
 * bits above those of the first four (ggml-quants.c, {@code get_scale_min_k4}).
 */
final class PackedScales {
    /** The number of groups. */
    static final int GROUPS = 8;
    /** The bytes of all of them. */
    static final int BYTES = 12;

    private static final int HALF = GROUPS / 2;

    private PackedScales() {}

    /** Returns the scale of a group of the 12 bytes at an offset. */
    static int scale(MemorySegment source, long at, int group) {
        if (group < HALF) {
            return BlockCodec.unsigned(source, at + group) & 63;
        }
        return BlockCodec.unsigned(source, at + HALF + group) & 15
                | BlockCodec.unsigned(source, at + group - HALF) >> 6 << 4;
    }

    /** Returns the minimum of a group of the 12 bytes at an offset. */
    static int min(MemorySegment source, long at, int group) {
        if (group < HALF) {
            return BlockCodec.unsigned(source, at + HALF + group) & 63;
        }
        return BlockCodec.unsigned(source, at + HALF + group) >> 4 | BlockCodec.unsigned(source, at + group) >> 6 << 4;
    }

    /** Writes the 12 bytes of scales and minimums of 0 to 63. */
    static void write(int[] scales, int[] mins, MemorySegment target, long at) {
        for (int i = 0; i < HALF; i++) {
            int scale = scales[HALF + i];
            int min = mins[HALF + i];
            target.set(BlockCodec.BYTE, at + i, (byte) (scales[i] | scale >> 4 << 6));
            target.set(BlockCodec.BYTE, at + HALF + i, (byte) (mins[i] | min >> 4 << 6));
            target.set(BlockCodec.BYTE, at + 2 * HALF + i, (byte) (scale & 15 | (min & 15) << 4));
        }
    }
}
