package carve.api.checkpoint;

import carve.api.tensor.BlockQuantisation;
import carve.api.tensor.DType;
import carve.api.tensor.Float8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * Converts between stored elements and Java arrays. Elements are little-endian and may lie at any address.
 *
 * <p>Rounding is to nearest, ties to even, once: a double becomes a BF16 without passing through a float. Not-a-number stays
 * not-a-number, infinities stay, what is too large becomes infinite, as IEEE 754 has it; {@link BlockQuantisation} has its own rules. Whole numbers are never rounded: one
 * that does not fit is refused, as is a fraction read as a whole number.
 */
public final class DTypeConversion {
    private static final int CHUNK = 4096;

    private DTypeConversion() {}

    /** Returns the BF16 nearest to a float. */
    public static short toBf16(float value) {
        return HalfPrecision.toBf16(value);
    }

    /** Returns the float that equals a BF16. */
    public static float fromBf16(short bits) {
        return HalfPrecision.fromBf16(bits);
    }

    /** Returns all elements as floats, rounded where a float cannot hold them. */
    public static float[] floats(DType dtype, MemorySegment source) {
        float[] result = new float[count(dtype, source)];
        read(dtype, source, 0, result, 0, result.length);
        return result;
    }

    /** Returns all elements as doubles; I64 ones are rounded where a double cannot hold them. */
    public static double[] doubles(DType dtype, MemorySegment source) {
        double[] result = new double[count(dtype, source)];
        read(dtype, source, 0, result, 0, result.length);
        return result;
    }

    /**
     * Returns all elements of a whole-number type as ints.
     *
     * @throws CheckpointException if the type is floating or a value does not fit
     */
    public static int[] ints(DType dtype, MemorySegment source) {
        int[] result = new int[count(dtype, source)];
        read(dtype, source, 0, result, 0, result.length);
        return result;
    }

    /**
     * Returns all elements of a whole-number type as longs.
     *
     * @throws CheckpointException if the type is floating
     */
    public static long[] longs(DType dtype, MemorySegment source) {
        long[] result = new long[count(dtype, source)];
        read(dtype, source, 0, result, 0, result.length);
        return result;
    }

    /** Reads {@code count} elements, the first of them at index {@code first}, as floats. */
    public static void read(DType dtype, MemorySegment source, long first, float[] target, int offset, int count) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(source, LittleEndian.FLOAT, first * Float.BYTES, target, offset, count);
            case BF16 -> HalfPrecision.readBf16(source, first, target, offset, count);
            case F16 -> HalfPrecision.readF16(source, first, target, offset, count);
            case F8_E4M3, F8_E5M2 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = Float8.toFloat(dtype, source.get(ValueLayout.JAVA_BYTE, first + i));
                }
            }
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = (float) source.get(LittleEndian.DOUBLE, (first + i) * Double.BYTES);
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = IntegerElements.read(dtype, source, first + i);
                }
            }
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                readBlocks(dtype, source, first, target, offset, count);
        }
    }

    /** Reads {@code count} elements, the first of them at index {@code first}, as doubles. */
    public static void read(DType dtype, MemorySegment source, long first, double[] target, int offset, int count) {
        switch (dtype) {
            case F64 -> MemorySegment.copy(source, LittleEndian.DOUBLE, first * Double.BYTES, target, offset, count);
            case F32, BF16, F16, F8_E4M3, F8_E5M2, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> {
                float[] chunk = new float[Math.min(count, CHUNK)];
                for (int done = 0, length; done < count; done += length) {
                    length = Math.min(CHUNK, count - done);
                    read(dtype, source, first + done, chunk, 0, length);
                    for (int i = 0; i < length; i++) {
                        target[offset + done + i] = chunk[i];
                    }
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = IntegerElements.read(dtype, source, first + i);
                }
            }
        }
    }

    /** Reads {@code count} elements of a whole-number type, the first of them at index {@code first}, as ints. */
    public static void read(DType dtype, MemorySegment source, long first, int[] target, int offset, int count) {
        if (dtype == DType.I32) {
            MemorySegment.copy(source, LittleEndian.INT, first * Integer.BYTES, target, offset, count);
            return;
        }
        IntegerElements.require(dtype);
        for (int i = 0; i < count; i++) {
            long value = IntegerElements.read(dtype, source, first + i);
            if (value != (int) value) {
                throw new CheckpointException(
                        "element %d is %d, which an integer of 32 bits cannot hold".formatted(first + i, value));
            }
            target[offset + i] = (int) value;
        }
    }

    /** Reads {@code count} elements of a whole-number type, the first of them at index {@code first}, as longs. */
    public static void read(DType dtype, MemorySegment source, long first, long[] target, int offset, int count) {
        if (dtype == DType.I64) {
            MemorySegment.copy(source, LittleEndian.LONG, first * Long.BYTES, target, offset, count);
            return;
        }
        IntegerElements.require(dtype);
        for (int i = 0; i < count; i++) {
            target[offset + i] = IntegerElements.read(dtype, source, first + i);
        }
    }

    /**
     * Writes floats as elements of a floating-point type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is not floating
     * @throws carve.api.tensor.ShapeException if it is quantised and they are no whole blocks
     */
    public static void write(float[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(source, offset, target, LittleEndian.FLOAT, first * Float.BYTES, count);
            case BF16 -> HalfPrecision.writeBf16(source, offset, count, target, first);
            case F16 -> HalfPrecision.writeF16(source, offset, count, target, first);
            case F8_E4M3, F8_E5M2 -> {
                for (int i = 0; i < count; i++) {
                    target.set(ValueLayout.JAVA_BYTE, first + i, Float8.of(dtype, source[offset + i]));
                }
            }
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    target.set(LittleEndian.DOUBLE, (first + i) * Double.BYTES, source[offset + i]);
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> throw IntegerElements.refusal(dtype);
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                BlockQuantisation.write(source, offset, blocks(dtype, count), dtype, target, blocks(dtype, first));
        }
    }

    /**
     * Writes doubles as elements of a floating-point type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is not floating
     * @throws carve.api.tensor.ShapeException if it is quantised and they are no whole blocks
     */
    public static void write(double[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        switch (dtype) {
            case F64 -> MemorySegment.copy(source, offset, target, LittleEndian.DOUBLE, first * Double.BYTES, count);
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    target.set(LittleEndian.FLOAT, (first + i) * Float.BYTES, (float) source[offset + i]);
                }
            }
            case BF16, F16, F8_E4M3, F8_E5M2 -> {
                float[] chunk = new float[Math.min(count, CHUNK)];
                for (int done = 0, length; done < count; done += length) {
                    length = Math.min(CHUNK, count - done);
                    for (int i = 0; i < length; i++) {
                        chunk[i] = HalfPrecision.toOdd(source[offset + done + i]);
                    }
                    write(chunk, 0, length, dtype, target, first + done);
                }
            }
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> {
                float[] narrow = new float[count];
                for (int i = 0; i < count; i++) {
                    narrow[i] = (float) source[offset + i];
                }
                write(narrow, 0, count, dtype, target, first);
            }
            case I64, I32, I16, I8, U8, BOOL -> throw IntegerElements.refusal(dtype);
        }
    }

    /**
     * Writes longs as elements of a whole-number type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is floating or a value does not fit
     */
    public static void write(long[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        IntegerElements.require(dtype);
        for (int i = 0; i < count; i++) {
            IntegerElements.write(source[offset + i], dtype, target, first + i);
        }
    }

    /**
     * Writes ints as elements of a whole-number type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is floating or a value does not fit
     */
    public static void write(int[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        IntegerElements.require(dtype);
        for (int i = 0; i < count; i++) {
            IntegerElements.write(source[offset + i], dtype, target, first + i);
        }
    }

    /** Returns floats as elements of a floating-point type, allocated there. */
    public static MemorySegment of(DType dtype, float[] values, SegmentAllocator allocator) {
        MemorySegment result = allocate(dtype, values.length, allocator);
        write(values, 0, values.length, dtype, result, 0);
        return result;
    }

    /** Returns doubles as elements of a floating-point type, allocated there. */
    public static MemorySegment of(DType dtype, double[] values, SegmentAllocator allocator) {
        MemorySegment result = allocate(dtype, values.length, allocator);
        write(values, 0, values.length, dtype, result, 0);
        return result;
    }

    /** Returns longs as elements of a whole-number type, allocated there. */
    public static MemorySegment of(DType dtype, long[] values, SegmentAllocator allocator) {
        MemorySegment result = allocate(dtype, values.length, allocator);
        write(values, 0, values.length, dtype, result, 0);
        return result;
    }

    /** Returns ints as elements of a whole-number type, allocated there. */
    public static MemorySegment of(DType dtype, int[] values, SegmentAllocator allocator) {
        MemorySegment result = allocate(dtype, values.length, allocator);
        write(values, 0, values.length, dtype, result, 0);
        return result;
    }

    /**
     * Returns the elements as another type; the source itself if the type is the same, else newly allocated.
     *
     * @throws CheckpointException if one type is floating and the other is not, or a whole number does not fit
     */
    public static MemorySegment convert(DType from, MemorySegment source, DType to, SegmentAllocator allocator) {
        if (from == to) {
            return source;
        }
        if (from.isFloating() != to.isFloating()) {
            throw new CheckpointException(
                    "%s cannot be converted to %s: one is floating, the other is not".formatted(from, to));
        }
        long count = from.elements(source.byteSize());
        MemorySegment target = allocate(to, count, allocator);
        if (!from.isFloating()) {
            for (long i = 0; i < count; i++) {
                IntegerElements.write(IntegerElements.read(from, source, i), to, target, i);
            }
        } else if (from == DType.F64) {
            double[] chunk = new double[CHUNK];
            for (long done = 0; done < count; done += CHUNK) {
                int length = (int) Math.min(CHUNK, count - done);
                read(from, source, done, chunk, 0, length);
                write(chunk, 0, length, to, target, done);
            }
        } else {
            float[] chunk = new float[CHUNK];
            for (long done = 0; done < count; done += CHUNK) {
                int length = (int) Math.min(CHUNK, count - done);
                read(from, source, done, chunk, 0, length);
                write(chunk, 0, length, to, target, done);
            }
        }
        return target;
    }

    private static int count(DType dtype, MemorySegment source) {
        long count = dtype.elements(source.byteSize());
        if (count > Integer.MAX_VALUE - 8) {
            throw new CheckpointException(
                    "%d elements are more than an array holds; read them in parts".formatted(count));
        }
        return (int) count;
    }

    private static MemorySegment allocate(DType dtype, long count, SegmentAllocator allocator) {
        return allocator.allocate(dtype.bytes(count), Long.BYTES);
    }

    /** Returns how many blocks, or elements of a type without them, this many elements are. */
    private static int blocks(DType dtype, long elements) {
        return Math.toIntExact(dtype.bytes(elements) / dtype.blockBytes());
    }

    private static void readBlocks(
            DType dtype, MemorySegment source, long first, float[] target, int offset, int count) {
        int size = dtype.blockElements();
        float[] block = new float[size];
        for (int done = 0, length; done < count; done += length) {
            int skipped = (int) ((first + done) % size);
            length = Math.min(size - skipped, count - done);
            BlockQuantisation.read(dtype, source, (first + done) / size, block, 0, 1);
            System.arraycopy(block, skipped, target, offset + done, length);
        }
    }
}
