package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.I;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.BlockQuantisation;
import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Conversions of blocks other than Q8_0 and Q4_0 to F32, with the bits of {@link BlockQuantisation}: a scale times an integer is
 * exact in F32, so that adding the minimum in the same operation rounds as often.
 */
final class BlockDequantisation {
    private static final int GROUP = 32;
    private static final int SCALES = 4;
    private static final int SCALE_BYTES = 12;
    private static final int Q6_HIGH = 128;
    private static final int Q6_SCALES = 192;
    private static final int Q6_SCALE = 208;

    private static final IntVector LANE = IntVector.zero(I).addIndex(1);

    private BlockDequantisation() {}

    /**
     * Writes whole blocks.
     *
     * @param from where the first block begins
     * @param depth how many elements
     */
    static void toFloats(DType dtype, long from, int depth, float[] to, int at) {
        if (!Dequantisation.HAS_BYTE_VECTORS) {
            int blocks = depth / dtype.blockElements();
            BlockQuantisation.read(dtype, NativeMemory.segment(from, dtype.bytes(depth)), 0, to, at, blocks);
            return;
        }
        long block = from;
        for (int k = 0; k < depth; k += dtype.blockElements(), block += dtype.blockBytes()) {
            switch (dtype) {
                case Q4_1 -> q41(block, to, at + k);
                case Q5_0 -> q50(block, to, at + k);
                case Q5_1 -> q51(block, to, at + k);
                case Q4_K -> q4K(block, to, at + k);
                case Q5_K -> q5K(block, to, at + k);
                case Q6_K -> q6K(block, to, at + k);
                default -> throw Casts.unsupported(dtype);
            }
        }
    }

    private static void q41(long block, float[] to, int at) {
        FloatVector d = FloatVector.broadcast(F, Dequantisation.scale(block));
        FloatVector m = FloatVector.broadcast(F, Dequantisation.scale(block + 2));
        for (int i = 0; i < GROUP / 2; i += LANES) {
            IntVector pairs = NativeMemory.loadUnsignedBytes(block + 4 + i);
            floats(pairs.and(15)).fma(d, m).intoArray(to, at + i);
            floats(pairs.lanewise(VectorOperators.LSHR, 4)).fma(d, m).intoArray(to, at + GROUP / 2 + i);
        }
    }

    private static void q50(long block, float[] to, int at) {
        float scale = Dequantisation.scale(block);
        fiveBits(block + 2, FloatVector.broadcast(F, scale), FloatVector.broadcast(F, -16 * scale), to, at);
    }

    private static void q51(long block, float[] to, int at) {
        FloatVector m = FloatVector.broadcast(F, Dequantisation.scale(block + 2));
        fiveBits(block + 4, FloatVector.broadcast(F, Dequantisation.scale(block)), m, to, at);
    }

    private static void fiveBits(long from, FloatVector d, FloatVector m, float[] to, int at) {
        IntVector fifths = IntVector.broadcast(I, NativeMemory.getInt(from));
        for (int i = 0; i < GROUP / 2; i += LANES) {
            IntVector pairs = NativeMemory.loadUnsignedBytes(from + Integer.BYTES + i);
            IntVector places = LANE.add(i);
            IntVector low = fifths.lanewise(VectorOperators.LSHR, places).and(1);
            IntVector high =
                    fifths.lanewise(VectorOperators.LSHR, places.add(GROUP / 2)).and(1);
            low = low.lanewise(VectorOperators.LSHL, 4).or(pairs.and(15));
            high = high.lanewise(VectorOperators.LSHL, 4).or(pairs.lanewise(VectorOperators.LSHR, 4));
            floats(low).fma(d, m).intoArray(to, at + i);
            floats(high).fma(d, m).intoArray(to, at + GROUP / 2 + i);
        }
    }

    private static void q4K(long block, float[] to, int at) {
        for (int group = 0; group < 8; group += 2) {
            FloatVector d = scale(block, group);
            FloatVector m = min(block, group);
            FloatVector e = scale(block, group + 1);
            FloatVector n = min(block, group + 1);
            for (int i = 0; i < GROUP; i += LANES) {
                IntVector pairs = NativeMemory.loadUnsignedBytes(block + SCALES + SCALE_BYTES + group / 2 * GROUP + i);
                int place = at + group * GROUP + i;
                floats(pairs.and(15)).fma(d, m).intoArray(to, place);
                floats(pairs.lanewise(VectorOperators.LSHR, 4)).fma(e, n).intoArray(to, place + GROUP);
            }
        }
    }

    private static void q5K(long block, float[] to, int at) {
        long fifths = block + SCALES + SCALE_BYTES;
        for (int group = 0; group < 8; group += 2) {
            FloatVector d = scale(block, group);
            FloatVector m = min(block, group);
            FloatVector e = scale(block, group + 1);
            FloatVector n = min(block, group + 1);
            for (int i = 0; i < GROUP; i += LANES) {
                IntVector pairs = NativeMemory.loadUnsignedBytes(fifths + GROUP + group / 2 * GROUP + i);
                IntVector fifth = NativeMemory.loadUnsignedBytes(fifths + i).lanewise(VectorOperators.LSHR, group);
                int place = at + group * GROUP + i;
                IntVector low = pairs.and(15).or(fifth.and(1).lanewise(VectorOperators.LSHL, 4));
                IntVector high =
                        pairs.lanewise(VectorOperators.LSHR, 4).or(fifth.and(2).lanewise(VectorOperators.LSHL, 3));
                floats(low).fma(d, m).intoArray(to, place);
                floats(high).fma(e, n).intoArray(to, place + GROUP);
            }
        }
    }

    private static void q6K(long block, float[] to, int at) {
        float scale = Dequantisation.scale(block + Q6_SCALE);
        for (int half = 0; half < 2; half++) {
            long low = block + 64 * half;
            for (int i = 0; i < GROUP; i += LANES) {
                long scales = block + Q6_SCALES + 8 * half + i / 16;
                int place = at + 128 * half + i;
                IntVector one = NativeMemory.loadUnsignedBytes(low + i);
                IntVector other = NativeMemory.loadUnsignedBytes(low + GROUP + i);
                IntVector high = NativeMemory.loadUnsignedBytes(block + Q6_HIGH + GROUP * half + i);
                q6(one.and(15), high.lanewise(VectorOperators.LSHL, 4), scale, scales, to, place);
                q6(other.and(15), high.lanewise(VectorOperators.LSHL, 2), scale, scales + 2, to, place + GROUP);
                q6(one.lanewise(VectorOperators.LSHR, 4), high, scale, scales + 4, to, place + 2 * GROUP);
                IntVector last = high.lanewise(VectorOperators.LSHR, 2);
                q6(other.lanewise(VectorOperators.LSHR, 4), last, scale, scales + 6, to, place + 3 * GROUP);
            }
        }
    }

    private static void q6(IntVector low, IntVector high, float scale, long scales, float[] to, int at) {
        IntVector integers = low.or(high.and(48)).sub(32);
        floats(integers).mul(scale * NativeMemory.getByte(scales)).intoArray(to, at);
    }

    private static FloatVector floats(IntVector integers) {
        return (FloatVector) integers.convertShape(VectorOperators.I2F, F, 0);
    }

    /** Returns the scale of a group of a block of Q4_K or Q5_K. */
    private static FloatVector scale(long block, int group) {
        long at = block + SCALES + group;
        int bits = group < 4
                ? NativeMemory.getByte(at) & 63
                : NativeMemory.getByte(at + 4) & 15 | (NativeMemory.getByte(at - 4) & 0xC0) >> 2;
        return FloatVector.broadcast(F, Dequantisation.scale(block) * bits);
    }

    /** Returns what is added to the elements of a group: the minimum, its sign inverted. */
    private static FloatVector min(long block, int group) {
        long at = block + SCALES + group;
        int bits = group < 4
                ? NativeMemory.getByte(at + 4) & 63
                : (NativeMemory.getByte(at + 4) & 0xF0) >> 4 | (NativeMemory.getByte(at) & 0xC0) >> 2;
        return FloatVector.broadcast(F, -Dequantisation.scale(block + 2) * bits);
    }
}
