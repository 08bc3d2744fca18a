package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * {@link DType#Q4_K} and {@link DType#Q5_K}: eight groups of 32, each with a scale and a minimum of 6 bits (ggml-quants.c, {@code
 * quantize_row_q4_K_ref} and {@code quantize_row_q5_K_ref}). The fifth bits are in 32 bytes before the others: bit g of byte
 * i is that of element i of group g.
 *
 * @param bits of an integer, 4 or 5
 */
record ScaleMinBlocks(int bits) implements BlockCodec {
    private static final int GROUP = 32;
    private static final int GROUPS = PackedScales.GROUPS;
    private static final int MIN = 2;
    private static final int SCALES = 4;
    private static final int INTEGERS = SCALES + PackedScales.BYTES;

    private int max() {
        return (1 << bits) - 1;
    }

    /** Returns where the low four bits of two groups begin. */
    private long nibbles(long at, int group) {
        return at + INTEGERS + (bits == 5 ? GROUP : 0) + (long) group / 2 * GROUP;
    }

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        float min = BlockCodec.half(source, at + MIN);
        for (int group = 0; group < GROUPS; group++) {
            float d = scale * PackedScales.scale(source, at + SCALES, group);
            float m = min * PackedScales.min(source, at + SCALES, group);
            for (int i = 0; i < GROUP; i++) {
                target[offset + group * GROUP + i] = d * integer(source, at, group, i) - m;
            }
        }
    }

    private int integer(MemorySegment source, long at, int group, int i) {
        int low = BlockCodec.unsigned(source, nibbles(at, group) + i) >> 4 * (group % 2) & 15;
        return bits == 4 ? low : low | (BlockCodec.unsigned(source, at + INTEGERS + i) >> group & 1) << 4;
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        int[] integers = new int[GROUP * GROUPS];
        ScaleMinSearch search = ScaleMinSearch.of(bits);
        float[] scales = new float[GROUPS];
        float[] mins = new float[GROUPS];
        for (int group = 0; group < GROUPS; group++) {
            search.run(source, offset + group * GROUP, integers, group * GROUP);
            scales[group] = search.scale();
            mins[group] = search.min();
        }
        writeScales(scales, mins, target, at);
        round(source, offset, target, at, integers);
        writeIntegers(integers, target, at);
    }

    private static void writeScales(float[] scales, float[] mins, MemorySegment target, long at) {
        float greatestScale = greatest(scales);
        float greatestMin = greatest(mins);
        BlockCodec.storeHalf(target, at, greatestScale / 63);
        BlockCodec.storeHalf(target, at + MIN, greatestMin / 63);
        PackedScales.write(sixBits(scales, greatestScale), sixBits(mins, greatestMin), target, at + SCALES);
    }

    private static float greatest(float[] values) {
        float greatest = 0;
        for (float value : values) {
            greatest = Math.max(greatest, value);
        }
        return greatest;
    }

    private static int[] sixBits(float[] values, float greatest) {
        float inverse = greatest > 0 ? 63 / greatest : 0;
        int[] result = new int[GROUPS];
        for (int group = 0; group < GROUPS; group++) {
            result[group] = Math.min(63, NearestInteger.of(inverse * values[group]) & 0xFF);
        }
        return result;
    }

    /** Replaces integers by those that are nearest with the scales as they are stored; where a scale is 0 they stay. */
    private void round(float[] source, int offset, MemorySegment target, long at, int[] integers) {
        float scale = BlockCodec.half(target, at);
        float min = BlockCodec.half(target, at + MIN);
        for (int group = 0; group < GROUPS; group++) {
            float d = scale * PackedScales.scale(target, at + SCALES, group);
            float m = min * PackedScales.min(target, at + SCALES, group);
            for (int i = group * GROUP; d != 0 && i < (group + 1) * GROUP; i++) {
                integers[i] = Math.clamp(NearestInteger.of((source[offset + i] + m) / d), 0, max());
            }
        }
    }

    private void writeIntegers(int[] integers, MemorySegment target, long at) {
        for (int i = 0; i < GROUP; i++) {
            int fifth = 0;
            for (int group = 0; group < GROUPS; group += 2) {
                int low = integers[group * GROUP + i];
                int high = integers[(group + 1) * GROUP + i];
                fifth |= low >> 4 << group | high >> 4 << group + 1;
                target.set(BYTE, nibbles(at, group) + i, (byte) (low & 15 | (high & 15) << 4));
            }
            if (bits == 5) {
                target.set(BYTE, at + INTEGERS + i, (byte) fifth);
            }
        }
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at, Float.NaN);
        BlockCodec.storeHalf(target, at + MIN, Float.NaN);
    }
}
