package carve.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * {@link DType#Q4_0} and {@link DType#Q5_0}: a scale for 32 integers (ggml-quants.c, {@code quantize_row_q4_0_ref} and {@code
 * quantize_row_q5_0_ref}).
 *
 * @param bits of an integer, 4 or 5
 */
record SymmetricBlocks(int bits) implements BlockCodec {
    private int zero() {
        return 1 << bits - 1;
    }

    @Override
    public void read(MemorySegment source, long at, float[] target, int offset) {
        float scale = BlockCodec.half(source, at);
        for (int i = 0; i < PackedIntegers.SIZE; i++) {
            target[offset + i] = scale * (PackedIntegers.get(source, at + Short.BYTES, bits, i) - zero());
        }
    }

    @Override
    public void write(float[] source, int offset, MemorySegment target, long at) {
        float scale = extreme(source, offset) / -zero();
        float inverse = scale == 0 ? 0 : 1 / scale;
        BlockCodec.storeHalf(target, at, scale);
        int max = 2 * zero() - 1;
        int[] integers = new int[PackedIntegers.SIZE];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = Math.min(max, (byte) (source[offset + i] * inverse + (zero() + 0.5f))) & max;
        }
        PackedIntegers.set(integers, bits, target, at + Short.BYTES);
    }

    /** Returns the first element of greatest magnitude. */
    private static float extreme(float[] source, int offset) {
        float extreme = 0;
        for (int i = 0; i < PackedIntegers.SIZE; i++) {
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
