package carve.api.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** Stored floating-point numbers of 16 bits, as {@link DTypeConversion} rounds them. */
final class HalfPrecision {
    private static final int CHUNK = 4096;
    private static final boolean IS_LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private HalfPrecision() {}

    /** Returns the BF16 nearest to a float. */
    static short toBf16(float value) {
        return (short) rounded(Float.floatToRawIntBits(value));
    }

    /** Returns the float that equals a BF16. */
    static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /**
     * Rounds a double to a float such that rounding the float again to a shorter type gives what rounding the double would:
     * towards zero, and where that changes the value the last bit is set (Boldo and Melquiond 2008, rounding to odd).
     */
    static float toOdd(double value) {
        float near = (float) value;
        if (near == value || value != value) {
            return near;
        }
        int bits = Float.floatToRawIntBits(near);
        return Float.intBitsToFloat((Math.abs((double) near) > Math.abs(value) ? bits - 1 : bits) | 1);
    }

    /** Reads {@code count} BF16, the first at index {@code first}. */
    static void readBf16(MemorySegment source, long first, float[] target, int offset, int count) {
        MemorySegment bits = MemorySegment.ofArray(target);
        int pairs = IS_LITTLE ? count / 2 : 0;
        int[] chunk = new int[Math.min(pairs, CHUNK)];
        long[] wide = new long[chunk.length];
        for (int done = 0, length; done < pairs; done += length) {
            length = Math.min(CHUNK, pairs - done);
            MemorySegment.copy(
                    source, LittleEndian.INT, first * Short.BYTES + (long) done * Integer.BYTES, chunk, 0, length);
            widen(chunk, wide, length);
            MemorySegment.copy(
                    wide, 0, bits, LittleEndian.LONG, (long) offset * Float.BYTES + (long) done * Long.BYTES, length);
        }
        for (int i = 2 * pairs; i < count; i++) {
            target[offset + i] = fromBf16(source.get(LittleEndian.SHORT, (first + i) * Short.BYTES));
        }
    }

    /** Writes floats as BF16, the first at index {@code first}. */
    static void writeBf16(float[] source, int offset, int count, MemorySegment target, long first) {
        MemorySegment bits = MemorySegment.ofArray(source);
        int pairs = IS_LITTLE ? count / 2 : 0;
        int[] chunk = new int[Math.min(pairs, CHUNK)];
        long[] wide = new long[chunk.length];
        for (int done = 0, length; done < pairs; done += length) {
            length = Math.min(CHUNK, pairs - done);
            MemorySegment.copy(
                    bits, LittleEndian.LONG, (long) offset * Float.BYTES + (long) done * Long.BYTES, wide, 0, length);
            round(wide, chunk, length);
            MemorySegment.copy(
                    chunk, 0, target, LittleEndian.INT, first * Short.BYTES + (long) done * Integer.BYTES, length);
        }
        for (int i = 2 * pairs; i < count; i++) {
            target.set(LittleEndian.SHORT, (first + i) * Short.BYTES, toBf16(source[offset + i]));
        }
    }

    // Two elements at a time, an int of two BF16 against a long of two floats: the compiler makes vectors of
    // this, and does not of shorts. The first element is the lower half, as the float array has it in memory on a
    // little-endian machine.
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

    /** Reads {@code count} F16, the first at index {@code first}. */
    static void readF16(MemorySegment source, long first, float[] target, int offset, int count) {
        short[] chunk = new short[Math.min(count, CHUNK)];
        float[] wide = new float[chunk.length];
        for (int done = 0, length; done < count; done += length) {
            length = Math.min(CHUNK, count - done);
            MemorySegment.copy(source, LittleEndian.SHORT, (first + done) * Short.BYTES, chunk, 0, length);
            for (int i = 0; i < length; i++) {
                wide[i] = Float.float16ToFloat(chunk[i]);
            }
            System.arraycopy(wide, 0, target, offset + done, length);
        }
    }

    /** Writes floats as F16, the first at index {@code first}. */
    static void writeF16(float[] source, int offset, int count, MemorySegment target, long first) {
        short[] chunk = new short[Math.min(count, CHUNK)];
        float[] wide = new float[chunk.length];
        for (int done = 0, length; done < count; done += length) {
            length = Math.min(CHUNK, count - done);
            System.arraycopy(source, offset + done, wide, 0, length);
            for (int i = 0; i < length; i++) {
                chunk[i] = Float.floatToFloat16(wide[i]);
            }
            MemorySegment.copy(chunk, 0, target, LittleEndian.SHORT, (first + done) * Short.BYTES, length);
        }
    }
}
