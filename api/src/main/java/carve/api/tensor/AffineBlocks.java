package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * {@link DType#Q4_1} and {@link DType#Q5_1}: a scale and a minimum for 32 integers (ggml-quants.c, {@code
 * quantize_row_q4_1_ref} and {@code quantize_row_q5_1_ref}).
 *
 * @param bits of an integer, 4 or 5
 */
record AffineBlocks(int bits) implements BlockCodec {
    private static final int MIN = 2;
    private static final int INTEGERS = 4;

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        float min = BlockCodec.half(source, at + MIN);
        for (int i = 0; i < PackedIntegers.SIZE; i++) {
            target[offset + i] = PackedIntegers.get(source, at + INTEGERS, bits, i) * scale + min;
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        float min = source[offset];
        float max = min;
        for (int i = 1; i < PackedIntegers.SIZE; i++) {
            float value = source[offset + i];
            min = value < min ? value : min;
            max = value > max ? value : max;
        }
        int most = (1 << bits) - 1;
        float scale = (max - min) / most;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BlockCodec.storeHalf(target, at, scale);
        BlockCodec.storeHalf(target, at + MIN, min);
        int[] integers = new int[PackedIntegers.SIZE];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = Math.min(most, (byte) ((source[offset + i] - min) * inverse + 0.5f)) & most;
        }
        PackedIntegers.set(integers, bits, target, at + INTEGERS);
    }

    @Override
    public void writeNotFinite(MemorySegment target, long at) {
        BlockCodec.storeHalf(target, at, Float.NaN);
        BlockCodec.storeHalf(target, at + MIN, Float.NaN);
    }
}
