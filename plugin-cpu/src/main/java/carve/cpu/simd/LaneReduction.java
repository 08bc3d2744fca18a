package carve.cpu.simd;

import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Sums the lanes of a vector in one order: halves onto each other until one lane is left.
 *
 * <p>The order of {@code reduceLanes(ADD)} is not specified, and differs between compiled code and what runs before; with it,
 * the last bits of a training step would depend on when the JVM compiled what.
 */
public final class LaneReduction {
    private static final int COUNT = NativeMemory.F.length();
    private static final VectorShuffle<Float> BY_8 = rotated(8);
    private static final VectorShuffle<Float> BY_4 = rotated(4);
    private static final VectorShuffle<Float> BY_2 = rotated(2);
    private static final VectorShuffle<Float> BY_1 = rotated(1);

    private static final VectorShuffle<Float> ACROSS_8 = across(8);
    private static final VectorShuffle<Float> ACROSS_4 = across(4);
    private static final VectorShuffle<Float> ACROSS_2 = across(2);
    private static final VectorShuffle<Float> ACROSS_1 = across(1);
    private static final VectorMask<Float> UPPER_8 = upper(8);
    private static final VectorMask<Float> UPPER_4 = upper(4);
    private static final VectorMask<Float> UPPER_2 = upper(2);
    private static final VectorMask<Float> UPPER_1 = upper(1);

    private LaneReduction() {}

    private static VectorShuffle<Float> rotated(int by) {
        return VectorShuffle.fromOp(NativeMemory.F, i -> (i + by) % COUNT);
    }

    private static VectorShuffle<Float> across(int bit) {
        return VectorShuffle.fromOp(NativeMemory.F, i -> (i ^ bit) % COUNT);
    }

    private static VectorMask<Float> upper(int bit) {
        boolean[] set = new boolean[COUNT];
        for (int i = 0; i < COUNT; i++) {
            set[i] = (i & bit) != 0;
        }
        return VectorMask.fromArray(NativeMemory.F, set, 0);
    }

    /** Writes four vectors one after the other. */
    public static void storeFour(FloatVector s, FloatVector t, FloatVector u, FloatVector v, float[] to) {
        s.intoArray(to, 0);
        t.intoArray(to, COUNT);
        u.intoArray(to, 2 * COUNT);
        v.intoArray(to, 3 * COUNT);
    }

    /**
     * Sums the lanes of vectors that follow each other in an array, which is overwritten, each in the order of {@link #sum}; sum
     * i is then element i.
     */
    public static void sumEach(float[] vectors, int count) {
        int done = 0;
        if (COUNT == 16) {
            for (; done <= count - 16; done += 16) {
                sum16(vectors, done * 16, done);
            }
        } else if (COUNT == 8) {
            for (; done <= count - 8; done += 8) {
                sum8(vectors, done * 8, done);
            }
        }
        if (done < count) {
            rest(vectors, done, count - done);
        }
    }

    /**
     * Writes the sums of sixteen vectors of sixteen lanes over the first of them. Vectors are folded two by two: the sum of the
     * halves of one goes where a bit of the lane number is 0, that of the other where it is 1.
     */
    private static void sum16(float[] vectors, int at, int to) {
        for (int i = 0; i < 64; i += 16) {
            FloatVector a = FloatVector.fromArray(NativeMemory.F, vectors, at + i);
            FloatVector b = FloatVector.fromArray(NativeMemory.F, vectors, at + i + 64);
            FloatVector c = FloatVector.fromArray(NativeMemory.F, vectors, at + i + 128);
            FloatVector d = FloatVector.fromArray(NativeMemory.F, vectors, at + i + 192);
            a = a.blend(c, UPPER_8).add(c.blend(a, UPPER_8).rearrange(ACROSS_8));
            b = b.blend(d, UPPER_8).add(d.blend(b, UPPER_8).rearrange(ACROSS_8));
            a.blend(b, UPPER_4).add(b.blend(a, UPPER_4).rearrange(ACROSS_4)).intoArray(vectors, at + i);
        }
        four(vectors, at, to);
    }

    /** Writes the sums of eight vectors of eight lanes. */
    private static void sum8(float[] vectors, int at, int to) {
        for (int i = 0; i < 32; i += 8) {
            FloatVector a = FloatVector.fromArray(NativeMemory.F, vectors, at + i);
            FloatVector b = FloatVector.fromArray(NativeMemory.F, vectors, at + i + 32);
            a.blend(b, UPPER_4).add(b.blend(a, UPPER_4).rearrange(ACROSS_4)).intoArray(vectors, at + i);
        }
        four(vectors, at, to);
    }

    /** Folds four vectors by the last two bits into one. */
    private static void four(float[] vectors, int at, int to) {
        FloatVector a = FloatVector.fromArray(NativeMemory.F, vectors, at);
        FloatVector b = FloatVector.fromArray(NativeMemory.F, vectors, at + COUNT);
        FloatVector c = FloatVector.fromArray(NativeMemory.F, vectors, at + 2 * COUNT);
        FloatVector d = FloatVector.fromArray(NativeMemory.F, vectors, at + 3 * COUNT);
        a = a.blend(c, UPPER_2).add(c.blend(a, UPPER_2).rearrange(ACROSS_2));
        b = b.blend(d, UPPER_2).add(d.blend(b, UPPER_2).rearrange(ACROSS_2));
        a.blend(b, UPPER_1).add(b.blend(a, UPPER_1).rearrange(ACROSS_1)).intoArray(vectors, to);
    }

    private static void rest(float[] vectors, int done, int count) {
        int from = done * COUNT;
        if (COUNT == 16) {
            fold16(vectors, from, count);
        }
        if (COUNT == 8 || COUNT == 16) {
            fold8(vectors, from, count);
            fold4(vectors, from, done, count);
        } else {
            for (int i = 0; i < count; i++) {
                vectors[done + i] = sum(FloatVector.fromArray(NativeMemory.F, vectors, from + i * COUNT));
            }
        }
    }

    // each with a constant species, without which the compiler makes no vectors

    private static void fold16(float[] vectors, int from, int count) {
        for (int i = 0; i < count; i++) {
            int at = from + 16 * i;
            FloatVector low = FloatVector.fromArray(FloatVector.SPECIES_256, vectors, at);
            low.add(FloatVector.fromArray(FloatVector.SPECIES_256, vectors, at + 8))
                    .intoArray(vectors, from + 8 * i);
        }
    }

    private static void fold8(float[] vectors, int from, int count) {
        for (int i = 0; i < count; i++) {
            int at = from + 8 * i;
            FloatVector low = FloatVector.fromArray(FloatVector.SPECIES_128, vectors, at);
            low.add(FloatVector.fromArray(FloatVector.SPECIES_128, vectors, at + 4))
                    .intoArray(vectors, from + 4 * i);
        }
    }

    private static void fold4(float[] vectors, int from, int to, int count) {
        for (int i = 0, at = from; i < count; i++, at += 4) {
            vectors[to + i] = (vectors[at] + vectors[at + 2]) + (vectors[at + 1] + vectors[at + 3]);
        }
    }

    /** Returns the sum of the lanes. */
    public static float sum(FloatVector vector) {
        FloatVector sum = vector;
        for (int by = COUNT / 2; by > 8; by /= 2) { // wider than any x86
            sum = sum.add(sum.rearrange(rotated(by)));
        }
        sum = COUNT > 8 ? sum.add(sum.rearrange(BY_8)) : sum;
        sum = COUNT > 4 ? sum.add(sum.rearrange(BY_4)) : sum;
        sum = COUNT > 2 ? sum.add(sum.rearrange(BY_2)) : sum;
        sum = COUNT > 1 ? sum.add(sum.rearrange(BY_1)) : sum;
        return sum.lane(0);
    }
}
