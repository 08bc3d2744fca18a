package carve.api.gguf.block;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads and writes the little-endian numbers of a block, by the index of a byte or of an element. */
final class BlockBytes {
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

    private BlockBytes() {}

    /** Returns the F16 at a byte as a float. */
    static float half(byte[] block, int at) {
        return Float.float16ToFloat((short) SHORT.get(block, at));
    }

    /** Returns the unsigned integer of 16 bits at a byte. */
    static int unsignedShort(byte[] block, int at) {
        return (short) SHORT.get(block, at) & 0xffff;
    }

    /** Returns the integer of 32 bits at a byte. */
    static int integer(byte[] block, int at) {
        return (int) INT.get(block, at);
    }

    /** Returns the upper or lower four bits of a byte. */
    static int nibble(byte[] block, int at, boolean upper) {
        return upper ? block[at] >> 4 & 15 : block[at] & 15;
    }

    /** Writes an element of F32. */
    static void setFloat(byte[] target, int element, float value) {
        FLOAT.set(target, element * Float.BYTES, value);
    }

    /** Writes an element of BF16 that holds the value exactly. */
    static void setBf16(byte[] target, int element, float value) {
        SHORT.set(target, element * Short.BYTES, (short) (Float.floatToRawIntBits(value) >>> 16));
    }
}
