package carve.cpu.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Native memory by absolute address: loads and stores of single elements and of vectors.
 *
 * <p>All kernels read and write through the one constant segment of this class. A kernel that has seen segments of
 * several kinds (mapped, heap, native) compiles to code that dispatches per access and runs up to 100 times slower;
 * with a constant there is nothing to dispatch on. The price is that nothing checks an address: kernels are given
 * addresses only by code that owns the buffers and knows their sizes.
 */
public final class NativeMemory {
    /** The vector shape of this machine for F32. */
    public static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    /** The vector shape of I32 with as many lanes. */
    public static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    /** The number of F32 lanes of a vector, a power of two. */
    public static final int LANES = F.length();
    /** The alignment of every buffer in bytes. */
    public static final int ALIGNMENT = 64;

    private static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

    private static final VectorSpecies<Byte> QUARTER =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, F.vectorBitSize() / 4)));

    /** All memory. */
    @SuppressWarnings("restricted")
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** The order of bytes. */
    public static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private NativeMemory() {}

    /** Returns the F32 at an address. */
    public static float get(long address) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
    }

    /** Writes an F32 to an address. */
    public static void set(long address, float value) {
        ALL.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, value);
    }

    /** Returns the I32 at an address. */
    public static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    /** Writes an I32 to an address. */
    public static void setInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    /** Returns the 16 bits at an address. */
    public static short getShort(long address) {
        return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address);
    }

    /** Writes 16 bits to an address. */
    public static void setShort(long address, short value) {
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, address, value);
    }

    /** Returns the byte at an address. */
    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    /** Writes a byte to an address. */
    public static void setByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    /** Returns the F32 that a BF16 at an address stands for. */
    public static float getBf16(long address) {
        return Float.intBitsToFloat(getShort(address) << 16);
    }

    /** Returns the vector of F32 that begins at an address. */
    public static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    /** Returns the masked lanes of the vector that begins at an address; the others are 0 and not read. */
    public static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER, mask);
    }

    /** Returns the vector of F32 that as many BF16 at an address stand for. */
    public static FloatVector loadBf16(long address) {
        return ((IntVector) ShortVector.fromMemorySegment(HALF, ALL, address, ORDER)
                        .convertShape(VectorOperators.S2I, I, 0))
                .lanewise(VectorOperators.LSHL, 16)
                .reinterpretAsFloats();
    }

    /** Returns the vector of I32 that as many signed 16-bit integers at an address are. */
    public static IntVector loadShorts(long address) {
        return (IntVector)
                ShortVector.fromMemorySegment(HALF, ALL, address, ORDER).convertShape(VectorOperators.S2I, I, 0);
    }

    /** Returns the vector of I32 that as many signed bytes at an address are; not on machines with vectors of 128 bits. */
    public static IntVector loadBytes(long address) {
        return (IntVector)
                ByteVector.fromMemorySegment(QUARTER, ALL, address, ORDER).convertShape(VectorOperators.B2I, I, 0);
    }

    /** Returns the vector of I32 that as many unsigned bytes at an address are; not on machines with vectors of 128 bits. */
    public static IntVector loadUnsignedBytes(long address) {
        return (IntVector) ByteVector.fromMemorySegment(QUARTER, ALL, address, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
    }

    /** Writes a vector of F32. */
    public static void store(long address, FloatVector value) {
        value.intoMemorySegment(ALL, address, ORDER);
    }

    /** Writes the masked lanes of a vector of F32. */
    public static void store(long address, FloatVector value, VectorMask<Float> mask) {
        value.intoMemorySegment(ALL, address, ORDER, mask);
    }

    /** Writes a vector of F32 as BF16, rounded to nearest even. */
    public static void storeBf16(long address, FloatVector value) {
        IntVector bits = value.reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        IntVector rounded = bits.add(odd).add(0x7FFF);
        IntVector quiet = bits.lanewise(VectorOperators.OR, 0x400000); // what is no number stays none
        IntVector kept =
                rounded.blend(quiet, value.compare(VectorOperators.NE, value).cast(I));
        ((ShortVector) kept.lanewise(VectorOperators.LSHR, 16).convertShape(VectorOperators.I2S, HALF, 0))
                .intoMemorySegment(ALL, address, ORDER);
    }

    /** Writes four elements of an array. */
    public static void storeFour(float[] from, int at, long to) {
        FloatVector.fromArray(FloatVector.SPECIES_128, from, at).intoMemorySegment(ALL, to, ORDER);
    }

    /** Writes the sums of four elements of an array and four F32 at an address. */
    public static void storeFour(float[] from, int at, long other, long to) {
        FloatVector.fromArray(FloatVector.SPECIES_128, from, at)
                .add(FloatVector.fromMemorySegment(FloatVector.SPECIES_128, ALL, other, ORDER))
                .intoMemorySegment(ALL, to, ORDER);
    }

    /** Returns the vector of I32 that begins at an address. */
    public static IntVector loadInts(long address) {
        return IntVector.fromMemorySegment(I, ALL, address, ORDER);
    }

    /** Returns the mask of the first {@code count} lanes; all of them if there are at most that many. */
    public static VectorMask<Float> firstLanes(int count) {
        return F.indexInRange(0, count);
    }

    /** Copies bytes; the ranges must not overlap. */
    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /** Copies bytes, by a loop where there are few. */
    public static void copyShort(long from, long to, long bytes) {
        if (bytes > 512) {
            copy(from, to, bytes);
            return;
        }
        long i = 0;
        for (; i <= bytes - 4L * LANES; i += 4L * LANES) {
            store(to + i, load(from + i));
        }
        for (; i <= bytes - 4; i += 4) {
            setInt(to + i, getInt(from + i));
        }
        for (; i < bytes; i++) {
            setByte(to + i, getByte(from + i));
        }
    }

    /** Copies F32 from native memory into an array. */
    public static void copy(long from, float[] to, int offset, int count) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, from, to, offset, count);
    }

    /** Copies F32 from an array into native memory. */
    public static void copy(float[] from, int offset, long to, int count) {
        MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, to, count);
    }

    /** Sets bytes. */
    public static void fill(long address, long bytes, byte value) {
        ALL.asSlice(address, bytes).fill(value);
    }

    /** Returns the address of new zeroed memory that lives as long as the arena. */
    public static long allocate(Arena arena, long bytes) {
        return arena.allocate(Math.max(bytes, 1), ALIGNMENT).address();
    }

    /** Returns a segment of the one class all kernels know, over memory that somebody else keeps. */
    public static MemorySegment segment(long address, long bytes) {
        return ALL.asSlice(address, bytes);
    }
}
