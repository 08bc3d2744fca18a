package carve.api.checkpoint;

import carve.api.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Stored whole numbers of any width, one at a time. */
final class IntegerElements {
    private IntegerElements() {}

    /**
     * Returns an element.
     *
     * @throws CheckpointException if the type is floating
     */
    static long read(DType dtype, MemorySegment source, long index) {
        return switch (dtype) {
            case I64 -> source.get(LittleEndian.LONG, index * Long.BYTES);
            case I32 -> source.get(LittleEndian.INT, index * Integer.BYTES);
            case I16 -> source.get(LittleEndian.SHORT, index * Short.BYTES);
            case I8 -> source.get(ValueLayout.JAVA_BYTE, index);
            case U8, BOOL -> source.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case F64, F32, BF16, F16, F8_E4M3, F8_E5M2, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                throw refusal(dtype);
        };
    }

    /**
     * Writes an element.
     *
     * @throws CheckpointException if the type is floating or cannot hold the value
     */
    static void write(long value, DType dtype, MemorySegment target, long index) {
        boolean fits = switch (dtype) {
            case I64 -> true;
            case I32 -> value == (int) value;
            case I16 -> value == (short) value;
            case I8 -> value == (byte) value;
            case U8 -> value == (value & 0xff);
            case BOOL -> value == (value & 1);
            case F64, F32, BF16, F16, F8_E4M3, F8_E5M2, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                throw refusal(dtype);
        };
        if (!fits) {
            throw new CheckpointException("element %d is %d, which %s cannot hold".formatted(index, value, dtype));
        }
        switch (dtype.bytes()) {
            case Long.BYTES -> target.set(LittleEndian.LONG, index * Long.BYTES, value);
            case Integer.BYTES -> target.set(LittleEndian.INT, index * Integer.BYTES, (int) value);
            case Short.BYTES -> target.set(LittleEndian.SHORT, index * Short.BYTES, (short) value);
            default -> target.set(ValueLayout.JAVA_BYTE, index, (byte) value);
        }
    }

    /**
     * Sees to it that a type is one of whole numbers.
     *
     * @throws CheckpointException if it is floating
     */
    static void require(DType dtype) {
        if (dtype.isFloating()) {
            throw refusal(dtype);
        }
    }

    /** Returns the exception that says that a type has fractions, or none, where the other was expected. */
    static CheckpointException refusal(DType dtype) {
        return new CheckpointException(
                dtype.isFloating()
                        ? "%s has fractions, expected a whole-number type".formatted(dtype)
                        : "%s has no fractions, expected a floating-point type".formatted(dtype));
    }
}
