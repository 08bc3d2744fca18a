package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/** {@link DType#Q4_0} (ggml-quants.c, {@code quantize_row_q4_0_ref}). */
record Q40Blocks() implements BlockCodec {
    private static final int SIZE = DType.Q4_0.blockElements();
    private static final int HALF = SIZE / 2;

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        for (int i = 0; i < HALF; i++) {
            int pair = BlockCodec.unsigned(source, at + Short.BYTES + i);
            target[offset + i] = scale * ((pair & 15) - 8);
            target[offset + HALF + i] = scale * ((pair >> 4) - 8);
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        float scale = extreme(source, offset) / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BlockCodec.storeHalf(target, at, scale);
        for (int i = 0; i < HALF; i++) {
            int low = nibble(source[offset + i] * inverse);
            int high = nibble(source[offset + HALF + i] * inverse);
            target.set(BYTE, at + Short.BYTES + i, (byte) (low | high << 4));
        }
    }

    private static int nibble(float scaled) {
        return Math.min(15, (byte) (scaled + 8.5f)) & 15;
    }

    /** Returns the first element of greatest magnitude. */
    private static float extreme(float[] source, int offset) {
        float extreme = 0;
        for (int i = 0; i < SIZE; i++) {
            float value = source[offset + i];
            extreme = Math.abs(value) > Math.abs(extreme) ? value : extreme;
        }
        return extreme;
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at, Float.NaN);
    }
}
