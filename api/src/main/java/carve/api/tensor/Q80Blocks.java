package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/** {@link DType#Q8_0} (ggml-quants.c, {@code quantize_row_q8_0_ref}). */
record Q80Blocks() implements BlockCodec {
    private static final int SIZE = DType.Q8_0.blockElements();

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        for (int i = 0; i < SIZE; i++) {
            target[offset + i] = scale * source.get(BYTE, at + Short.BYTES + i);
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        float greatest = 0;
        for (int i = 0; i < SIZE; i++) {
            greatest = Math.max(greatest, Math.abs(source[offset + i]));
        }
        float scale = greatest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BlockCodec.storeHalf(target, at, scale);
        for (int i = 0; i < SIZE; i++) {
            target.set(BYTE, at + Short.BYTES + i, (byte) awayFromZero(source[offset + i] * inverse));
        }
    }

    // roundf of C; adding 0.5 to a float below 2^23 is not exact, adding it to a double is
    private static int awayFromZero(float value) {
        return (int) (value + Math.copySign(0.5, value));
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at, Float.NaN);
    }
}
