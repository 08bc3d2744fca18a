package carve.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Sums the lanes of a vector in one order: halves onto each other until one lane is left.
 *
 * <p>The order of {@code reduceLanes(ADD)} is not specified, and differs between compiled code and what runs before; with it,
 * the last bits of a training step would depend on when the JVM compiled what.
 */
final class Lanes {
    private static final int COUNT = Memory.F.length();
    private static final VectorShuffle<Float> BY_8 = rotated(8);
    private static final VectorShuffle<Float> BY_4 = rotated(4);
    private static final VectorShuffle<Float> BY_2 = rotated(2);
    private static final VectorShuffle<Float> BY_1 = rotated(1);

    private Lanes() {}

    private static VectorShuffle<Float> rotated(int by) {
        return VectorShuffle.fromOp(Memory.F, i -> (i + by) % COUNT);
    }

    /**
     * Sums the lanes of vectors that follow each other in an array, which is overwritten, each in the order of {@link #sum}; sum
     * i is then element i.
     */
    static void sums(float[] vectors, int count) {
        if (COUNT == 16) {
            fold16(vectors, count);
        }
        if (COUNT >= 8 && COUNT <= 16) {
            fold8(vectors, count);
            fold4(vectors, count);
        } else {
            for (int i = 0; i < count; i++) {
                vectors[i] = sum(FloatVector.fromArray(Memory.F, vectors, i * COUNT));
            }
        }
    }

    // each with a constant species, without which the compiler makes no vectors

    private static void fold16(float[] vectors, int count) {
        for (int i = 0; i < count; i++) {
            FloatVector low = FloatVector.fromArray(FloatVector.SPECIES_256, vectors, 16 * i);
            low.add(FloatVector.fromArray(FloatVector.SPECIES_256, vectors, 16 * i + 8))
                    .intoArray(vectors, 8 * i);
        }
    }

    private static void fold8(float[] vectors, int count) {
        for (int i = 0; i < count; i++) {
            FloatVector low = FloatVector.fromArray(FloatVector.SPECIES_128, vectors, 8 * i);
            low.add(FloatVector.fromArray(FloatVector.SPECIES_128, vectors, 8 * i + 4))
                    .intoArray(vectors, 4 * i);
        }
    }

    private static void fold4(float[] vectors, int count) {
        for (int i = 0, at = 0; i < count; i++, at += 4) {
            vectors[i] = (vectors[at] + vectors[at + 2]) + (vectors[at + 1] + vectors[at + 3]);
        }
    }

    /** Returns the sum of the lanes. */
    static float sum(FloatVector vector) {
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
