package carve.api.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads and writes the blocks of quantised storage types, in the layouts of GGUF: the definition that kernels agree with.
 *
 * <p>A block stands for 32 elements that follow each other along the last axis, so the last extent of a quantised tensor is a
 * multiple of 32. Blocks follow each other without gaps, row by row, little-endian:
 *
 * <table>
 * <caption>layouts</caption>
 * <tr><th>type</th><th>bytes</th><th>content</th><th>element i</th></tr>
 * <tr><td>{@link DType#Q8_0}</td><td>34</td><td>d: F16; q: 32 signed bytes</td><td>{@code d * q[i]}</td></tr>
 * <tr><td>{@link DType#Q4_0}</td><td>18</td><td>d: F16; q: 16 bytes</td>
 * <td>{@code d * ((q[i] & 15) - 8)} for i below 16, {@code d * ((q[i - 16] >> 4) - 8)} from there on</td></tr>
 * </table>
 *
 * <p>Quantising follows llama.cpp (ggml-quants.c, {@code quantize_row_q8_0_ref} and {@code quantize_row_q4_0_ref}) bit for
 * bit: for Q8_0, {@code d = max|x| / 127} and {@code q = round(x / d)}, ties away from zero; for Q4_0, {@code d = m / -8} with
 * m the first element of greatest magnitude and {@code q = min(15, floor(x / d + 8.5))}. Division is multiplication by the
 * reciprocal of d in F32, and d is rounded to F16 only when it is stored. After a value that is not finite, no
 * value of its block is.
 */
public final class BlockQuantisation {
    /** The number of elements of a block. */
    public static final int SIZE = 32;

    private static final int HALF = SIZE / 2;
    private static final ValueLayout.OfShort SCALE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private BlockQuantisation() {}

    /**
     * Writes what whole blocks stand for to an array.
     *
     * @param dtype a quantised type
     * @param first the index of the first block in the source
     * @param count how many blocks, each of which gives 32 elements
     */
    public static void read(DType dtype, MemorySegment source, long first, float[] target, int offset, int count) {
        for (int i = 0; i < count; i++) {
            long at = (first + i) * dtype.blockBytes();
            float scale = Float.float16ToFloat(source.get(SCALE, at));
            switch (dtype) {
                case Q8_0 -> readBytes(source, at + Short.BYTES, scale, target, offset + i * SIZE);
                case Q4_0 -> readNibbles(source, at + Short.BYTES, scale, target, offset + i * SIZE);
                default -> throw notQuantised(dtype);
            }
        }
    }

    private static void readBytes(MemorySegment source, long at, float scale, float[] target, int offset) {
        for (int i = 0; i < SIZE; i++) {
            target[offset + i] = scale * source.get(BYTE, at + i);
        }
    }

    private static void readNibbles(MemorySegment source, long at, float scale, float[] target, int offset) {
        for (int i = 0; i < HALF; i++) {
            int pair = source.get(BYTE, at + i);
            target[offset + i] = scale * ((pair & 15) - 8);
            target[offset + HALF + i] = scale * ((pair >> 4 & 15) - 8);
        }
    }

    /**
     * Quantises elements of an array to whole blocks.
     *
     * @param count how many blocks, each of which takes 32 elements
     * @param dtype a quantised type
     * @param first the index of the first block in the target
     */
    public static void write(float[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        for (int i = 0; i < count; i++) {
            long at = (first + i) * dtype.blockBytes();
            switch (dtype) {
                case Q8_0 -> writeBytes(source, offset + i * SIZE, target, at);
                case Q4_0 -> writeNibbles(source, offset + i * SIZE, target, at);
                default -> throw notQuantised(dtype);
            }
        }
    }

    private static void writeBytes(float[] source, int offset, MemorySegment target, long at) {
        float greatest = 0;
        for (int i = 0; i < SIZE; i++) {
            greatest = Math.max(greatest, Math.abs(source[offset + i])); // a NaN stays
        }
        float scale = greatest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        target.set(SCALE, at, Float.floatToFloat16(scale));
        for (int i = 0; i < SIZE; i++) {
            float scaled = source[offset + i] * inverse;
            target.set(BYTE, at + Short.BYTES + i, (byte) awayFromZero(scaled));
        }
    }

    // roundf of C; adding 0.5 to a float below 2^23 is not exact, adding it to a double is
    private static int awayFromZero(float value) {
        return (int) (value + Math.copySign(0.5, value));
    }

    private static void writeNibbles(float[] source, int offset, MemorySegment target, long at) {
        float scale = extreme(source, offset) / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        target.set(SCALE, at, Float.floatToFloat16(scale));
        for (int i = 0; i < HALF; i++) {
            int low = nibble(source[offset + i] * inverse);
            int high = nibble(source[offset + HALF + i] * inverse);
            target.set(BYTE, at + Short.BYTES + i, (byte) (low | high << 4));
        }
    }

    private static int nibble(float scaled) {
        return Math.min(15, (byte) (scaled + 8.5f)) & 15;
    }

    private static float extreme(float[] source, int offset) {
        float extreme = 0;
        for (int i = 0; i < SIZE; i++) {
            float value = source[offset + i];
            if (Float.isNaN(value)) {
                return value;
            }
            extreme = Math.abs(value) > Math.abs(extreme) ? value : extreme;
        }
        return extreme;
    }

    private static ShapeException notQuantised(DType dtype) {
        return new ShapeException(dtype + " is not quantised; Q8_0 or Q4_0 expected");
    }
}
