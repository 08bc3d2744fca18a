package carve.api.tensor;

import java.util.Locale;

/**
 * The storage type of a tensor's elements. Arithmetic is in F32 or wider whatever the storage is.
 *
 * <p>Devices compute with {@link #F32}, {@link #BF16}, {@link #F16}, {@link #I32} and {@link #I8}; weights may also be {@linkplain
 * #isQuantised() quantised}, in {@link BlockQuantisation}. The others occur in checkpoints only and are converted when they are
 * uploaded. Names are those of the safetensors format, and of GGUF for quantised types.
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
    /** {@link Float8} with 4 bits of exponent and 3 of significand, finite. */
    F8_E4M3(1),
    /** {@link Float8} with 5 bits of exponent and 2 of significand. */
    F8_E5M2(1),
    /** Two's complement, 64 bits. */
    I64(8),
    /** Two's complement, 32 bits. */
    I32(4),
    /** Two's complement, 16 bits. */
    I16(2),
    /** Two's complement, 8 bits; also booleans, 0 and 1. */
    I8(1),
    /** Unsigned, 8 bits. */
    U8(1),
    /** Truth values, 0 and 1, one byte each. */
    BOOL(1),
    /** Blocks of 32 along the last axis: an F16 scale and 32 integers of 8 bits, 34 bytes. */
    Q8_0(32, 34),
    /** Blocks of 32 along the last axis: an F16 scale and 32 integers of 4 bits, 18 bytes. */
    Q4_0(32, 18),
    /** Blocks of 32 along the last axis: an F16 scale, an F16 minimum and 32 integers of 4 bits, 20 bytes. */
    Q4_1(32, 20),
    /** Blocks of 32 along the last axis: an F16 scale and 32 integers of 5 bits, 22 bytes. */
    Q5_0(32, 22),
    /** Blocks of 32 along the last axis: an F16 scale, an F16 minimum and 32 integers of 5 bits, 24 bytes. */
    Q5_1(32, 24),
    /** Blocks of 256 along the last axis: scales and minimums of 32 elements each, and 256 integers of 4 bits, 144 bytes. */
    Q4_K(256, 144),
    /** Blocks of 256 along the last axis: scales and minimums of 32 elements each, and 256 integers of 5 bits, 176 bytes. */
    Q5_K(256, 176),
    /** Blocks of 256 along the last axis: scales of 16 elements each, and 256 integers of 6 bits, 210 bytes. */
    Q6_K(256, 210);

    private final int blockElements;
    private final int blockBytes;

    DType(int bytes) {
        this(1, bytes);
    }

    DType(int blockElements, int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /**
     * Returns the size of one element in bytes.
     *
     * @throws ShapeException if the type is quantised: its elements have no size of their own
     */
    public int bytes() {
        if (isQuantised()) {
            throw new ShapeException("%s has no size of one element: %d of them take %d bytes"
                    .formatted(this, blockElements, blockBytes));
        }
        return blockBytes;
    }

    /**
     * Returns the size in bytes of this many elements that follow each other.
     *
     * @throws ShapeException if they are no whole number of blocks
     */
    public long bytes(long elements) {
        if (elements % blockElements != 0) {
            throw new ShapeException(
                    "%s: %d elements are no whole number of blocks of %d".formatted(this, elements, blockElements));
        }
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    /** Returns how many whole elements this many bytes hold. */
    public long elements(long bytes) {
        return bytes / blockBytes * blockElements;
    }

    /** Returns how many elements are stored together: 1, or the length of a block of a quantised type. */
    public int blockElements() {
        return blockElements;
    }

    /** Returns the size in bytes of what is stored together: of an element, or of a block of a quantised type. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Returns whether the elements lie in {@link BlockQuantisation} that share a scale. */
    public boolean isQuantised() {
        return blockElements > 1;
    }

    /** Returns whether the elements are floating-point numbers, or stand for some as quantised ones do. */
    public boolean isFloating() {
        return this == F64 || this == F32 || isHalf() || isFloat8() || isQuantised();
    }

    /** Returns whether the elements are floating-point numbers of 16 bits; arithmetic on them is in F32, and rounded. */
    public boolean isHalf() {
        return this == BF16 || this == F16;
    }

    /** Returns whether the elements are floating-point numbers of 8 bits, which occur in checkpoints only. */
    public boolean isFloat8() {
        return this == F8_E4M3 || this == F8_E5M2;
    }

    /** Returns the name in lower case, as configuration files write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
