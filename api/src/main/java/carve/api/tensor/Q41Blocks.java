package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/** {@link DType#Q4_1} (ggml-quants.c, {@code quantize_row_q4_1_ref}). */
record Q41Blocks() implements BlockCodec {
    private static final int SIZE = DType.Q4_1.blockElements();
    private static final int HALF = SIZE / 2;
    private static final int MIN = 2;
    private static final int NIBBLES = 4;

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        float min = BlockCodec.half(source, at + MIN);
        for (int i = 0; i < HALF; i++) {
            int pair = BlockCodec.unsigned(source, at + NIBBLES + i);
            target[offset + i] = (pair & 15) * scale + min;
            target[offset + HALF + i] = (pair >> 4) * scale + min;
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        float min = source[offset];
        float max = min;
        for (int i = 1; i < SIZE; i++) {
            float value = source[offset + i];
            min = value < min ? value : min;
            max = value > max ? value : max;
        }
        float scale = (max - min) / 15;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BlockCodec.storeHalf(target, at, scale);
        BlockCodec.storeHalf(target, at + MIN, min);
        for (int i = 0; i < HALF; i++) {
            int low = nibble((source[offset + i] - min) * inverse);
            int high = nibble((source[offset + HALF + i] - min) * inverse);
            target.set(BYTE, at + NIBBLES + i, (byte) (low | high << 4));
        }
    }

    private static int nibble(float scaled) {
        return Math.min(15, (byte) (scaled + 0.5f)) & 15;
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at, Float.NaN);
        BlockCodec.storeHalf(target, at + MIN, Float.NaN);
    }
}
