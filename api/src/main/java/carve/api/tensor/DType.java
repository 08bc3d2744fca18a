package carve.api.tensor;

import java.util.Locale;

/**
 * The storage type of a tensor's elements. Arithmetic is in F32 or wider whatever the storage is.
 *
 * <p>Devices compute with {@link #F32}, {@link #BF16}, {@link #F16}, {@link #I32} and {@link #I8}; the others occur in
 * checkpoints only and are converted when they are uploaded. Names are those of the safetensors format.
 */
public enum DType {
    /** IEEE 754 binary64. */
    F64(8),
    /** IEEE 754 binary32. */
    F32(4),
    /** The upper half of an F32. */
    BF16(2),
    /** IEEE 754 binary16. */
    F16(2),
    /** Two's complement, 64 bits. */
    I64(8),
    /** Two's complement, 32 bits. */
    I32(4),
    /** Two's complement, 16 bits. */
    I16(2),
    /** Two's complement, 8 bits; also truth values, 0 and 1. */
    I8(1),
    /** Unsigned, 8 bits. */
    U8(1),
    /** Truth values, 0 and 1, one byte each. */
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Returns the size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Returns whether the elements are floating-point numbers. */
    public boolean isFloating() {
        return this == F64 || this == F32 || this == BF16 || this == F16;
    }

    /** Returns the name in lower case, as configuration files write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
