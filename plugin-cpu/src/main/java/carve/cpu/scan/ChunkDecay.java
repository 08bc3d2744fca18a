package carve.cpu.scan;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.VectorMath;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The decays of a chunk of a {@link ChunkedScan}: for each position the cumulative sum c of g in two floats, its exponential,
 * that of the sum from there to the end, and the weight of the input.
 *
 * <p>Differences of c are taken of sums in two floats each, so that what is small is exact.
 */
record ChunkDecay(float[] values) {
    private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());
    private static final int ROOM = ChunkedScan.MAX_CHUNK + 64;

    private static final int HIGH = 0;
    private static final int LOW = ROOM;
    private static final int FROM_START = 2 * ROOM;
    private static final int TO_END = 3 * ROOM;
    private static final int INPUT = 4 * ROOM;

    /** Returns the length of the array of the values. */
    static int size() {
        return 5 * ROOM;
    }

    /** Computes the decays of a head at some positions into an array. */
    static ChunkDecay of(
            ChunkedScan.Heads h, ChunkedScan.Operands operands, long row, int head, int length, float[] values) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            long at = 4 * ((row + i) * h.heads() + head);
            sum += NativeMemory.get(operands.g() + at);
            float high = (float) sum;
            values[HIGH + i] = high;
            values[LOW + i] = (float) (sum - high);
            values[INPUT + i] = NativeMemory.get(operands.w() + at);
        }
        float lastHigh = values[HIGH + length - 1];
        float lastLow = values[LOW + length - 1];
        for (int i = 0; i < length; i += LANES) {
            FloatVector high = FloatVector.fromArray(F, values, HIGH + i);
            FloatVector low = FloatVector.fromArray(F, values, LOW + i);
            VectorMath.exp(high).intoArray(values, FROM_START + i);
            FloatVector rest = high.neg().add(lastHigh).add(low.neg().add(lastLow));
            VectorMath.exp(rest).intoArray(values, TO_END + i);
        }
        return new ChunkDecay(values);
    }

    /** Returns exp(c[i]). */
    float fromStart(int i) {
        return values[FROM_START + i];
    }

    /** Returns exp(c[last] - c[i]). */
    float toEnd(int i) {
        return values[TO_END + i];
    }

    /** Returns w[i]. */
    float input(int i) {
        return values[INPUT + i];
    }

    /** Writes w[j] exp(c[i] - c[j]) x[j] for j <= i, and 0 up to a bound, for one i. */
    void applyDecay(int i, float[] x, int at, int bound, float[] to, int start) {
        FloatVector high = FloatVector.broadcast(F, values[HIGH + i]);
        FloatVector low = FloatVector.broadcast(F, values[LOW + i]);
        for (int j = 0; j < bound; j += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(Math.max(0, i + 1 - j));
            FloatVector d = high.sub(FloatVector.fromArray(F, values, HIGH + j))
                    .add(low.sub(FloatVector.fromArray(F, values, LOW + j)));
            FloatVector e = VectorMath.exp(d)
                    .mul(FloatVector.fromArray(F, values, INPUT + j))
                    .mul(FloatVector.fromArray(F, x, at + j));
            FloatVector.zero(F).blend(e, m).intoArray(to, start + j);
        }
    }

    /**
     * Writes w[j] exp(c[i] - c[j]) x[i], and exp(c[i] - c[j]) y[i] without and with w[j], for one j and all i from one
     * on; 0 for i before j. The product of the first and y is added to pairs[i] and taken from pairs[j].
     *
     * @param first where to begin, a whole number of vectors and at most j
     * @param at where the rows x and y begin, and the one of y with w[j] that is written
     * @param start where the other written rows begin
     */
    void applyDecayTransposed(
            int j,
            int first,
            int length,
            float[] x,
            float[] y,
            int at,
            float[] toX,
            float[] toY,
            int start,
            float[] toInput,
            double[] pairs) {
        FloatVector high = FloatVector.broadcast(F, values[HIGH + j]);
        FloatVector low = FloatVector.broadcast(F, values[LOW + j]);
        float w = values[INPUT + j];
        for (int i = first; i < length; i += LANES) {
            VectorMask<Float> hidden = NativeMemory.firstLanes(Math.max(0, j - i));
            FloatVector d = FloatVector.fromArray(F, values, HIGH + i)
                    .sub(high)
                    .add(FloatVector.fromArray(F, values, LOW + i).sub(low));
            FloatVector e = VectorMath.exp(d);
            FloatVector zero = FloatVector.zero(F);
            FloatVector ex = e.mul(FloatVector.fromArray(F, x, at + i)).mul(w).blend(zero, hidden);
            FloatVector ey = e.mul(FloatVector.fromArray(F, y, at + i)).blend(zero, hidden);
            ex.intoArray(toX, start + i);
            ey.intoArray(toY, start + i);
            ey.mul(w).intoArray(toInput, at + i);
        }
        double taken = addProducts(j, first, length, toX, start, y, at, pairs);
        pairs[j] -= taken;
    }

    /** Adds the products of elements from j on to pairs, and returns their sum; apart from exponentials, see {@link VectorMath}. */
    private static double addProducts(
            int j, int first, int length, float[] x, int xStart, float[] y, int yStart, double[] pairs) {
        DoubleVector sum = DoubleVector.zero(D);
        FloatVector zero = FloatVector.zero(F);
        for (int i = first; i < length; i += LANES) { // with what is inlined everywhere
            VectorMask<Float> seen = F.indexInRange(0, length - i).andNot(F.indexInRange(0, Math.max(0, j - i)));
            FloatVector all = FloatVector.fromArray(F, x, xStart + i).mul(FloatVector.fromArray(F, y, yStart + i));
            FloatVector product = zero.blend(all, seen);
            DoubleVector low = (DoubleVector) product.convertShape(VectorOperators.F2D, D, 0);
            DoubleVector high = (DoubleVector) product.convertShape(VectorOperators.F2D, D, 1);
            DoubleVector.fromArray(D, pairs, i).add(low).intoArray(pairs, i);
            int next = i + D.length();
            DoubleVector.fromArray(D, pairs, next).add(high).intoArray(pairs, next);
            sum = sum.add(low.add(high));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }
}
