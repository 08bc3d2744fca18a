package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * {@link DType#Q6_K}: sixteen groups of 16, each with a scale of 8 bits (ggml-quants.c, {@code quantize_row_q6_K_ref}). Of each
 * half of a block, byte i below 64 of its 64 has the low four bits of elements i and i + 64, and byte i of its 32 the high
 * two of elements i, i + 32, i + 64 and i + 96.
 */
record Q6KBlocks() implements BlockCodec {
    private static final int SIZE = DType.Q6_K.blockElements();
    private static final int GROUP = 16;
    private static final int GROUPS = SIZE / GROUP;
    private static final int HALF = SIZE / 2;
    private static final int HIGH = SIZE / 2;
    private static final int SCALES = HIGH + SIZE / 4;
    private static final int SCALE = SCALES + GROUPS;

    /** Returns where the low four bits of an element are. */
    private static long low(long at, int i) {
        return at + i / HALF * (HALF / 2) + i % (HALF / 2);
    }

    private static int lowShift(int i) {
        return i % HALF / (HALF / 2) * 4;
    }

    /** Returns where the high two bits of an element are. */
    private static long high(long at, int i) {
        return at + HIGH + i / HALF * (HALF / 4) + i % (HALF / 4);
    }

    private static int highShift(int i) {
        return i % HALF / (HALF / 4) * 2;
    }

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at + SCALE);
        for (int i = 0; i < SIZE; i++) {
            int low = BlockCodec.unsigned(source, low(at, i)) >> lowShift(i) & 15;
            int high = BlockCodec.unsigned(source, high(at, i)) >> highShift(i) & 3;
            target[offset + i] = scale * source.get(BYTE, at + SCALES + i / GROUP) * ((low | high << 4) - 32);
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        int[] integers = new int[SIZE];
        float[] scales = new float[GROUPS];
        ScaleSearch search = new ScaleSearch();
        float extreme = 0;
        for (int group = 0; group < GROUPS; group++) {
            scales[group] = search.run(source, offset + group * GROUP, integers, group * GROUP);
            extreme = Math.abs(scales[group]) > Math.abs(extreme) ? scales[group] : extreme;
        }
        target.asSlice(at, DType.Q6_K.blockBytes()).fill((byte) 0);
        if (Math.abs(extreme) < ScaleSearch.LEAST) {
            return;
        }
        float inverse = -128 / extreme;
        BlockCodec.storeHalf(target, at + SCALE, 1 / inverse);
        for (int group = 0; group < GROUPS; group++) {
            int scale = Math.min(127, NearestInteger.of(inverse * scales[group]));
            target.set(BYTE, at + SCALES + group, (byte) scale);
        }
        round(source, offset, target, at, integers);
        for (int i = 0; i < SIZE; i++) {
            put(target, low(at, i), (integers[i] & 15) << lowShift(i));
            put(target, high(at, i), integers[i] >> 4 << highShift(i));
        }
    }

    /** Replaces integers by those that are nearest with the scales as they are stored; where a scale is 0 they stay. */
    private static void round(float[] source, int offset, MemorySegment target, long at, int[] integers) {
        float scale = BlockCodec.half(target, at + SCALE);
        for (int i = 0; i < SIZE; i++) {
            float d = scale * target.get(BYTE, at + SCALES + i / GROUP);
            if (d != 0) {
                integers[i] = Math.clamp(NearestInteger.of(source[offset + i] / d), -32, 31) + 32;
            }
        }
    }

    private static void put(MemorySegment target, long at, int bits) {
        target.set(BYTE, at, (byte) (target.get(BYTE, at) | bits));
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at + SCALE, Float.NaN);
    }
}
