package carve.api.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The layout of the blocks of one quantised storage type: what a block stands for, and how elements become one. */
interface BlockCodec {
    /** A number of 16 bits at any address. */
    ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A byte. */
    ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Writes the elements of the block at an offset to an array. */
    void read(MemorySegment source, long at, float[] target, int offset);

    /** Writes the block of finite elements to an offset. */
    void write(float[] source, int offset, MemorySegment target, long at);

    /** Writes a block none of whose elements is finite to an offset where all bytes are 0. */
    void writeNotFinite(MemorySegment target, long at);

    /**
     * Returns the layout of a type.
     *
     * @throws ShapeException if the type is not quantised
     */
    static BlockCodec of(DType dtype) {
        return switch (dtype) {
            case Q8_0 -> new Q80Blocks();
            case Q4_0 -> new SymmetricBlocks(4);
            case Q5_0 -> new SymmetricBlocks(5);
            case Q4_1 -> new AffineBlocks(4);
            case Q5_1 -> new AffineBlocks(5);
            case Q4_K -> new ScaleMinBlocks(4);
            case Q5_K -> new ScaleMinBlocks(5);
            case Q6_K -> new Q6KBlocks();
            case F64, F32, BF16, F16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8, BOOL -> throw notQuantised(dtype);
        };
    }

    private static ShapeException notQuantised(DType dtype) {
        return new ShapeException(Arrays.stream(DType.values())
                .filter(DType::isQuantised)
                .map(DType::name)
                .collect(Collectors.joining(", ", dtype + " is not quantised; expected one of ", "")));
    }

    /** Returns the F16 at an offset. */
    static float half(MemorySegment source, long at) {
        return Float.float16ToFloat(source.get(SHORT, at));
    }

    /** Writes a number as F16 to an offset, and returns what was written. */
    static float storeHalf(MemorySegment target, long at, float value) {
        short bits = Float.floatToFloat16(value);
        target.set(SHORT, at, bits);
        return Float.float16ToFloat(bits);
    }

    /** Returns the byte at an offset without its sign. */
    static int unsigned(MemorySegment source, long at) {
        return source.get(BYTE, at) & 0xFF;
    }
}
