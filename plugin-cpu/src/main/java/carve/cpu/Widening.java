package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.I;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.Blocks;
import carve.api.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Weights of every storage type as F32, a vector or part of a row at a time. What blocks stand for is exact in F32: a scale has 11
 * bits, an integer at most 8.
 */
final class Widening {
    /** Whether vectors are wide enough for bytes to be widened to one of F32 at a time; so on all but 128-bit machines. */
    static final boolean VECTORS = LANES >= 8;

    private static final int HALF = Blocks.SIZE / 2;

    private Widening() {}

    /**
     * Writes part of a row as F32, with zeros up to a whole vector.
     *
     * @param row where the row begins
     * @param k the first element, the first of a block where there are blocks
     */
    static void row(DType dtype, long row, int k, int depth, float[] to, int at) {
        switch (dtype) {
            case F32 -> f32(row + 4L * k, depth, to, at);
            case BF16 -> bf16(row + 2L * k, depth, to, at);
            case F16 -> f16(row + 2L * k, depth, to, at);
            case Q8_0 -> bytes(row + dtype.bytes(k), depth, to, at);
            case Q4_0 -> nibbles(row + dtype.bytes(k), depth, to, at);
            default -> throw CpuDevice.unsupported(dtype);
        }
    }

    /**
     * Writes a row of blocks as BF16.
     *
     * @param room an array of a row, rounded up to whole vectors
     */
    static void bf16(DType dtype, long row, int depth, long to, float[] room) {
        if (VECTORS && dtype == DType.Q8_0) {
            bytesBf16(row, depth, to);
        } else if (VECTORS && dtype == DType.Q4_0) {
            nibblesBf16(row, depth, to);
        } else {
            row(dtype, row, 0, depth, room, 0);
            Casts.round(room, to, depth);
        }
    }

    private static void bytesBf16(long from, int depth, long to) {
        long end = to + 2L * depth;
        for (long at = to; at < end; at += 2L * Blocks.SIZE, from += DType.Q8_0.blockBytes()) {
            float scale = scale(from);
            for (int i = 0; i < Blocks.SIZE; i += LANES) {
                Memory.storeBf16(at + 2L * i, bytes(from, i).mul(scale));
            }
        }
    }

    private static void nibblesBf16(long from, int depth, long to) {
        long end = to + 2L * depth;
        for (long at = to; at < end; at += 2L * Blocks.SIZE, from += DType.Q4_0.blockBytes()) {
            float scale = scale(from);
            FloatVector d = FloatVector.broadcast(F, scale);
            FloatVector zero = FloatVector.broadcast(F, -8 * scale);
            for (int i = 0; i < HALF; i += LANES) {
                Memory.storeBf16(at + 2L * i, low(from, i).fma(d, zero));
                Memory.storeBf16(at + 2L * (HALF + i), high(from, i).fma(d, zero));
            }
        }
    }

    private static void f32(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            Memory.load(from + 4L * k).intoArray(to, at + k);
        }
        if (k < depth) {
            Memory.load(from + 4L * k, Memory.first(depth - k)).intoArray(to, at + k);
        }
    }

    private static void bf16(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            Memory.loadBf16(from + 2L * k).intoArray(to, at + k);
        }
        for (int whole = Dots.whole(depth); k < whole; k++) {
            to[at + k] = k < depth ? Memory.getBf16(from + 2L * k) : 0;
        }
    }

    private static void f16(long from, int depth, float[] to, int at) {
        int k = 0;
        for (; k <= depth - LANES; k += LANES) {
            f16(from + 2L * k).intoArray(to, at + k);
        }
        for (int whole = Dots.whole(depth); k < whole; k++) {
            to[at + k] = k < depth ? Float.float16ToFloat(Memory.getShort(from + 2L * k)) : 0;
        }
    }

    /**
     * Returns the vector of F32 that as many F16 at an address stand for: exponent and fraction moved into place and multiplied
     * by 2^112, which also makes normal numbers of subnormal ones; what comes out beyond the range of F16 was infinite or no
     * number.
     */
    static FloatVector f16(long address) {
        IntVector bits = Memory.loadShorts(address); // sign-extended
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

    private static void bytes(long from, int depth, float[] to, int at) {
        for (int k = 0; k < depth; k += Blocks.SIZE, from += DType.Q8_0.blockBytes()) {
            float scale = scale(from);
            if (VECTORS) {
                for (int i = 0; i < Blocks.SIZE; i += LANES) {
                    bytes(from, i).mul(scale).intoArray(to, at + k + i);
                }
            } else {
                for (int i = 0; i < Blocks.SIZE; i++) {
                    to[at + k + i] = scale * Memory.getByte(from + Short.BYTES + i);
                }
            }
        }
    }

    private static void nibbles(long from, int depth, float[] to, int at) {
        for (int k = 0; k < depth; k += Blocks.SIZE, from += DType.Q4_0.blockBytes()) {
            float scale = scale(from);
            if (VECTORS) {
                FloatVector d = FloatVector.broadcast(F, scale);
                FloatVector zero = FloatVector.broadcast(F, -8 * scale);
                for (int i = 0; i < HALF; i += LANES) {
                    low(from, i).fma(d, zero).intoArray(to, at + k + i); // exact, as its result is
                    high(from, i).fma(d, zero).intoArray(to, at + k + HALF + i);
                }
            } else {
                for (int i = 0; i < HALF; i++) {
                    int pair = Memory.getByte(from + Short.BYTES + i);
                    to[at + k + i] = scale * ((pair & 15) - 8);
                    to[at + k + HALF + i] = scale * ((pair >> 4 & 15) - 8);
                }
            }
        }
    }

    /** Returns the scale of the block at an address. */
    static float scale(long block) {
        return Float.float16ToFloat(Memory.getShort(block));
    }

    /** Returns integers of a block of Q8_0 from one on, not scaled. */
    static FloatVector bytes(long block, int first) {
        return floats(Memory.loadBytes(block + Short.BYTES + first));
    }

    /** Returns integers of the first half of a block of Q4_0 from one on, 8 too large and not scaled. */
    static FloatVector low(long block, int first) {
        return floats(Memory.loadUnsignedBytes(block + Short.BYTES + first).and(15));
    }

    /** Returns integers of the second half of a block of Q4_0 from one on, 8 too large and not scaled. */
    static FloatVector high(long block, int first) {
        return floats(Memory.loadUnsignedBytes(block + Short.BYTES + first).lanewise(VectorOperators.LSHR, 4));
    }

    private static FloatVector floats(IntVector integers) {
        return (FloatVector) integers.convertShape(VectorOperators.I2F, F, 0);
    }
}
