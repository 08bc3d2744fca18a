package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.I;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Conversions of stored values, those of weights and of the KV cache, to F32 or BF16. Values of blocks are exact in F32: a scale
 * has 11 bits, an integer at most 8.
 */
public final class Dequantisation {
    /** True if vectors are wide enough to load bytes for one vector of F32 at a time: on all but 128-bit machines. */
    static final boolean HAS_BYTE_VECTORS = LANES >= 8;

    /** The elements of a block of Q8_0 or Q4_0. */
    static final int BLOCK = 32;

    private static final int HALF = BLOCK / 2;

    private Dequantisation() {}

    /**
     * Writes part of a row as F32, with zeros up to a whole vector.
     *
     * @param row where the row begins
     * @param k the first element, the first of a block where there are blocks
     */
    static void toFloats(DType dtype, long row, int k, int depth, float[] to, int at) {
        switch (dtype) {
            case F32 -> f32(row + 4L * k, depth, to, at);
            case BF16 -> bf16(row + 2L * k, depth, to, at);
            case F16 -> f16(row + 2L * k, depth, to, at);
            case Q8_0 -> q8(row + dtype.bytes(k), depth, to, at);
            case Q4_0 -> q4(row + dtype.bytes(k), depth, to, at);
            case Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                BlockDequantisation.toFloats(dtype, row + dtype.bytes(k), depth, to, at);
            default -> throw Casts.unsupported(dtype);
        }
    }

    /**
     * Writes values as F32 at an address, as many as there are.
     *
     * @param dtype BF16 or Q8_0
     * @param from where the values begin, with a block if there are blocks
     * @param n how many, whole blocks if there are blocks
     */
    public static void toFloats(DType dtype, long from, int n, long to) {
        switch (dtype) {
            case BF16 -> bf16(from, n, to);
            case Q8_0 -> q8(from, n, to);
            default -> throw Casts.unsupported(dtype);
        }
    }

    private static void bf16(long from, int n, long to) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            NativeMemory.store(to + 4L * i, NativeMemory.loadBf16(from + 2L * i));
        }
        for (; i < n; i++) {
            NativeMemory.set(to + 4L * i, NativeMemory.getBf16(from + 2L * i));
        }
    }

    private static void q8(long from, int n, long to) {
        long end = to + 4L * n;
        for (long at = to; at < end; at += 4L * BLOCK, from += DType.Q8_0.blockBytes()) {
            float scale = scale(from);
            if (HAS_BYTE_VECTORS) {
                for (int i = 0; i < BLOCK; i += LANES) {
                    NativeMemory.store(at + 4L * i, q8(from, i).mul(scale));
                }
            } else {
                for (int i = 0; i < BLOCK; i++) {
                    NativeMemory.set(at + 4L * i, scale * NativeMemory.getByte(from + Short.BYTES + i));
                }
            }
        }
    }

    /**
     * Writes a row of blocks as BF16.
     *
     * @param scratch an array of a row, rounded up to whole vectors
     */
    static void toBf16(DType dtype, long row, int depth, long to, float[] scratch) {
        if (HAS_BYTE_VECTORS && dtype == DType.Q8_0) {
            q8ToBf16(row, depth, to);
        } else if (HAS_BYTE_VECTORS && dtype == DType.Q4_0) {
            q4ToBf16(row, depth, to);
        } else {
            toFloats(dtype, row, 0, depth, scratch, 0);
            Casts.toBf16(scratch, to, depth);
        }
    }

    private static void q8ToBf16(long from, int depth, long to) {
        long end = to + 2L * depth;
        for (long at = to; at < end; at += 2L * BLOCK, from += DType.Q8_0.blockBytes()) {
            float scale = scale(from);
            for (int i = 0; i < BLOCK; i += LANES) {
                NativeMemory.storeBf16(at + 2L * i, q8(from, i).mul(scale));
            }
        }
    }

    private static void q4ToBf16(long from, int depth, long to) {
        long end = to + 2L * depth;
        for (long at = to; at < end; at += 2L * BLOCK, from += DType.Q4_0.blockBytes()) {
            float scale = scale(from);
            FloatVector d = FloatVector.broadcast(F, scale);
            FloatVector zero = FloatVector.broadcast(F, -8 * scale);
            for (int i = 0; i < HALF; i += LANES) {
                NativeMemory.storeBf16(at + 2L * i, lowNibbles(from, i).fma(d, zero));
                NativeMemory.storeBf16(
                        at + 2L * (HALF + i), highNibbles(from, i).fma(d, zero));
            }
        }
    }

    private static void f32(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            NativeMemory.load(from + 4L * k).intoArray(to, at + k);
        }
        if (k < depth) {
            NativeMemory.load(from + 4L * k, NativeMemory.firstLanes(depth - k)).intoArray(to, at + k);
        }
    }

    private static void bf16(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            NativeMemory.loadBf16(from + 2L * k).intoArray(to, at + k);
        }
        for (int whole = DotKernel.roundUpToLanes(depth); k < whole; k++) {
            to[at + k] = k < depth ? NativeMemory.getBf16(from + 2L * k) : 0;
        }
    }

    private static void f16(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            f16(from + 2L * k).intoArray(to, at + k);
        }
        for (int whole = DotKernel.roundUpToLanes(depth); k < whole; k++) {
            to[at + k] = k < depth ? Float.float16ToFloat(NativeMemory.getShort(from + 2L * k)) : 0;
        }
    }

    /**
     * Returns the vector of F32 that as many F16 at an address stand for: exponent and fraction moved into place and multiplied
     * by 2^112, which also makes normal numbers of subnormal ones; what comes out beyond the range of F16 was infinite or no
     * number.
     */
    static FloatVector f16(long address) {
        IntVector bits = NativeMemory.loadShorts(address); // sign-extended
        FloatVector magnitude = bits.lanewise(VectorOperators.LSHL, 13)
                .and(0x0FFFE000)
                .reinterpretAsFloats()
                .mul(0x1p112f);
        IntVector finite = magnitude.reinterpretAsInts();
        return finite.lanewise(
                        VectorOperators.OR,
                        0x7F800000,
                        magnitude.compare(VectorOperators.GE, 0x1p16f).cast(I))
                .or(bits.and(0x80000000))
                .reinterpretAsFloats();
    }

    private static void q8(long from, int depth, float[] to, int at) {
        for (int k = 0; k < depth; k += BLOCK, from += DType.Q8_0.blockBytes()) {
            float scale = scale(from);
            if (HAS_BYTE_VECTORS) {
                for (int i = 0; i < BLOCK; i += LANES) {
                    q8(from, i).mul(scale).intoArray(to, at + k + i);
                }
            } else {
                for (int i = 0; i < BLOCK; i++) {
                    to[at + k + i] = scale * NativeMemory.getByte(from + Short.BYTES + i);
                }
            }
        }
    }

    private static void q4(long from, int depth, float[] to, int at) {
        for (int k = 0; k < depth; k += BLOCK, from += DType.Q4_0.blockBytes()) {
            float scale = scale(from);
            if (HAS_BYTE_VECTORS) {
                FloatVector d = FloatVector.broadcast(F, scale);
                FloatVector zero = FloatVector.broadcast(F, -8 * scale);
                for (int i = 0; i < HALF; i += LANES) {
                    lowNibbles(from, i).fma(d, zero).intoArray(to, at + k + i); // exact, as its result is
                    highNibbles(from, i).fma(d, zero).intoArray(to, at + k + HALF + i);
                }
            } else {
                for (int i = 0; i < HALF; i++) {
                    int pair = NativeMemory.getByte(from + Short.BYTES + i);
                    to[at + k + i] = scale * ((pair & 15) - 8);
                    to[at + k + HALF + i] = scale * ((pair >> 4 & 15) - 8);
                }
            }
        }
    }

    /** Returns the scale of the block at an address. */
    static float scale(long block) {
        return Float.float16ToFloat(NativeMemory.getShort(block));
    }

    /** Returns integers of a block of Q8_0 from one on, not scaled. */
    static FloatVector q8(long block, int first) {
        return floats(NativeMemory.loadBytes(block + Short.BYTES + first));
    }

    /** Returns integers of the first half of a block of Q4_0 from one on, 8 too large and not scaled. */
    static FloatVector lowNibbles(long block, int first) {
        return floats(
                NativeMemory.loadUnsignedBytes(block + Short.BYTES + first).and(15));
    }

    /** Returns integers of the second half of a block of Q4_0 from one on, 8 too large and not scaled. */
    static FloatVector highNibbles(long block, int first) {
        return floats(
                NativeMemory.loadUnsignedBytes(block + Short.BYTES + first).lanewise(VectorOperators.LSHR, 4));
    }

    private static FloatVector floats(IntVector integers) {
        return (FloatVector) integers.convertShape(VectorOperators.I2F, F, 0);
    }
}
