package carve.api.checkpoint;

import carve.api.tensor.Blocks;
import carve.api.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Converts between stored elements and Java arrays. Elements are little-endian and may lie at any address.
 *
 * <p>Rounding is to nearest, ties to even, once: a double becomes a BF16 without passing through a float. Not-a-number stays
 * not-a-number, infinities stay, what is too large becomes infinite, as IEEE 754 has it; {@link Blocks} has its own rules. Whole numbers are never rounded: one
 * that does not fit is refused, as is a fraction read as a whole number.
 */
public final class Elements {
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int CHUNK = 4096;
    private static final boolean IS_LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private Elements() {}

    /** Returns the BF16 nearest to a float. */
    public static short toBf16(float value) {
        return (short) rounded(Float.floatToRawIntBits(value));
    }

    /** Returns the float that equals a BF16. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
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
            case F32 -> MemorySegment.copy(source, FLOAT, first * Float.BYTES, target, offset, count);
            case BF16 -> readBf16(source, first, target, offset, count);
            case F16 -> readF16(source, first, target, offset, count);
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = (float) source.get(DOUBLE, (first + i) * Double.BYTES);
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = whole(dtype, source, first + i);
                }
            }
            case Q8_0, Q4_0 -> readBlocks(dtype, source, first, target, offset, count);
        }
    }

    /** Reads {@code count} elements, the first of them at index {@code first}, as doubles. */
    public static void read(DType dtype, MemorySegment source, long first, double[] target, int offset, int count) {
        switch (dtype) {
            case F64 -> MemorySegment.copy(source, DOUBLE, first * Double.BYTES, target, offset, count);
            case F32, BF16, F16, Q8_0, Q4_0 -> {
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
                    target[offset + i] = whole(dtype, source, first + i);
                }
            }
        }
    }

    /** Reads {@code count} elements of a whole-number type, the first of them at index {@code first}, as ints. */
    public static void read(DType dtype, MemorySegment source, long first, int[] target, int offset, int count) {
        if (dtype == DType.I32) {
            MemorySegment.copy(source, INT, first * Integer.BYTES, target, offset, count);
            return;
        }
        requireWhole(dtype);
        for (int i = 0; i < count; i++) {
            long value = whole(dtype, source, first + i);
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
            MemorySegment.copy(source, LONG, first * Long.BYTES, target, offset, count);
            return;
        }
        requireWhole(dtype);
        for (int i = 0; i < count; i++) {
            target[offset + i] = whole(dtype, source, first + i);
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
            case F32 -> MemorySegment.copy(source, offset, target, FLOAT, first * Float.BYTES, count);
            case BF16 -> writeBf16(source, offset, count, target, first);
            case F16 -> writeF16(source, offset, count, target, first);
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    target.set(DOUBLE, (first + i) * Double.BYTES, source[offset + i]);
                }
            }
            case I64, I32, I16, I8, U8, BOOL -> throw fractions(dtype);
            case Q8_0, Q4_0 -> Blocks.write(source, offset, blocks(dtype, count), dtype, target, blocks(dtype, first));
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
            case F64 -> MemorySegment.copy(source, offset, target, DOUBLE, first * Double.BYTES, count);
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    target.set(FLOAT, (first + i) * Float.BYTES, (float) source[offset + i]);
                }
            }
            case BF16, F16 -> {
                float[] chunk = new float[Math.min(count, CHUNK)];
                for (int done = 0, length; done < count; done += length) {
                    length = Math.min(CHUNK, count - done);
                    for (int i = 0; i < length; i++) {
                        chunk[i] = toOdd(source[offset + done + i]);
                    }
                    write(chunk, 0, length, dtype, target, first + done);
                }
            }
            case Q8_0, Q4_0 -> {
                float[] narrow = new float[count];
                for (int i = 0; i < count; i++) {
                    narrow[i] = (float) source[offset + i];
                }
                write(narrow, 0, count, dtype, target, first);
            }
            case I64, I32, I16, I8, U8, BOOL -> throw fractions(dtype);
        }
    }

    /**
     * Writes longs as elements of a whole-number type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is floating or a value does not fit
     */
    public static void write(long[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        requireWhole(dtype);
        for (int i = 0; i < count; i++) {
            whole(source[offset + i], dtype, target, first + i);
        }
    }

    /**
     * Writes ints as elements of a whole-number type, the first at index {@code first}.
     *
     * @throws CheckpointException if the type is floating or a value does not fit
     */
    public static void write(int[] source, int offset, int count, DType dtype, MemorySegment target, long first) {
        requireWhole(dtype);
        for (int i = 0; i < count; i++) {
            whole(source[offset + i], dtype, target, first + i);
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
                whole(whole(from, source, i), to, target, i);
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

    /**
     * Rounds a double to a float such that rounding the float again to a shorter type gives what rounding the double would:
     * towards zero, and where that changes the value the last bit is set (Boldo and Melquiond 2008, rounding to odd).
     */
    private static float toOdd(double value) {
        float near = (float) value;
        if (near == value || value != value) {
            return near;
        }
        int bits = Float.floatToRawIntBits(near);
        return Float.intBitsToFloat((Math.abs((double) near) > Math.abs(value) ? bits - 1 : bits) | 1);
    }

    private static long whole(DType dtype, MemorySegment source, long index) {
        return switch (dtype) {
            case I64 -> source.get(LONG, index * Long.BYTES);
            case I32 -> source.get(INT, index * Integer.BYTES);
            case I16 -> source.get(SHORT, index * Short.BYTES);
            case I8 -> source.get(ValueLayout.JAVA_BYTE, index);
            case U8, BOOL -> source.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case F64, F32, BF16, F16, Q8_0, Q4_0 -> throw fractions(dtype);
        };
    }

    private static void whole(long value, DType dtype, MemorySegment target, long index) {
        boolean fits = switch (dtype) {
            case I64 -> true;
            case I32 -> value == (int) value;
            case I16 -> value == (short) value;
            case I8 -> value == (byte) value;
            case U8 -> value == (value & 0xff);
            case BOOL -> value == (value & 1);
            case F64, F32, BF16, F16, Q8_0, Q4_0 -> throw fractions(dtype);
        };
        if (!fits) {
            throw new CheckpointException("element %d is %d, which %s cannot hold".formatted(index, value, dtype));
        }
        switch (dtype.bytes()) {
            case Long.BYTES -> target.set(LONG, index * Long.BYTES, value);
            case Integer.BYTES -> target.set(INT, index * Integer.BYTES, (int) value);
            case Short.BYTES -> target.set(SHORT, index * Short.BYTES, (short) value);
            default -> target.set(ValueLayout.JAVA_BYTE, index, (byte) value);
        }
    }

    private static void requireWhole(DType dtype) {
        if (dtype.isFloating()) {
            throw fractions(dtype);
        }
    }

    private static CheckpointException fractions(DType dtype) {
        return new CheckpointException(
                dtype.isFloating()
                        ? "%s has fractions, expected a whole-number type".formatted(dtype)
                        : "%s has no fractions, expected a floating-point type".formatted(dtype));
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

    // Two elements at a time, an int of two BF16 against a long of two floats: the compiler makes vectors of this, and
    // does not
    // of shorts. The first element is the lower half, as the float array has it in memory on a little-endian machine.

    private static void readBf16(MemorySegment source, long first, float[] target, int offset, int count) {
        MemorySegment bits = MemorySegment.ofArray(target);
        int pairs = IS_LITTLE ? count / 2 : 0;
        int[] chunk = new int[Math.min(pairs, CHUNK)];
        long[] wide = new long[chunk.length];
        for (int done = 0, length; done < pairs; done += length) {
            length = Math.min(CHUNK, pairs - done);
            MemorySegment.copy(source, INT, first * Short.BYTES + (long) done * Integer.BYTES, chunk, 0, length);
            widen(chunk, wide, length);
            MemorySegment.copy(wide, 0, bits, LONG, (long) offset * Float.BYTES + (long) done * Long.BYTES, length);
        }
        for (int i = 2 * pairs; i < count; i++) {
            target[offset + i] = fromBf16(source.get(SHORT, (first + i) * Short.BYTES));
        }
    }

    private static void writeBf16(float[] source, int offset, int count, MemorySegment target, long first) {
        MemorySegment bits = MemorySegment.ofArray(source);
        int pairs = IS_LITTLE ? count / 2 : 0;
        int[] chunk = new int[Math.min(pairs, CHUNK)];
        long[] wide = new long[chunk.length];
        for (int done = 0, length; done < pairs; done += length) {
            length = Math.min(CHUNK, pairs - done);
            MemorySegment.copy(bits, LONG, (long) offset * Float.BYTES + (long) done * Long.BYTES, wide, 0, length);
            round(wide, chunk, length);
            MemorySegment.copy(chunk, 0, target, INT, first * Short.BYTES + (long) done * Integer.BYTES, length);
        }
        for (int i = 2 * pairs; i < count; i++) {
            target.set(SHORT, (first + i) * Short.BYTES, toBf16(source[offset + i]));
        }
    }

    private static void widen(int[] from, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            long pair = from[i];
            to[i] = (pair & 0xffff0000L) << 32 | (pair & 0xffffL) << 16;
        }
    }

    private static void round(long[] from, int[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] = rounded((int) from[i]) & 0xffff | rounded((int) (from[i] >>> 32)) << 16;
        }
    }

    // the upper half, rounded; a quiet bit keeps a NaN whose payload lies in the lower half
    private static int rounded(int bits) {
        int nan = 0x7f800000 - (bits & 0x7fffffff) >> 31;
        int near = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
        return near & ~nan | (bits >>> 16 | 0x40) & nan;
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
            Blocks.read(dtype, source, (first + done) / size, block, 0, 1);
            System.arraycopy(block, skipped, target, offset + done, length);
        }
    }

    private static void readF16(MemorySegment source, long first, float[] target, int offset, int count) {
        short[] chunk = new short[Math.min(count, CHUNK)];
        float[] wide = new float[chunk.length];
        for (int done = 0, length; done < count; done += length) {
            length = Math.min(CHUNK, count - done);
            MemorySegment.copy(source, SHORT, (first + done) * Short.BYTES, chunk, 0, length);
            for (int i = 0; i < length; i++) {
                wide[i] = Float.float16ToFloat(chunk[i]);
            }
            System.arraycopy(wide, 0, target, offset + done, length);
        }
    }

    private static void writeF16(float[] source, int offset, int count, MemorySegment target, long first) {
        short[] chunk = new short[Math.min(count, CHUNK)];
        float[] wide = new float[chunk.length];
        for (int done = 0, length; done < count; done += length) {
            length = Math.min(CHUNK, count - done);
            System.arraycopy(source, offset + done, wide, 0, length);
            for (int i = 0; i < length; i++) {
                chunk[i] = Float.floatToFloat16(wide[i]);
            }
            MemorySegment.copy(chunk, 0, target, SHORT, (first + done) * Short.BYTES, length);
        }
    }
}
