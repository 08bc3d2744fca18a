package carve.runtime.quantised;

import carve.api.checkpoint.DTypeConversion;
import carve.api.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * A linear layer of K inputs and N outputs whose weights are unsigned integers of a few bits, with a scale and a zero for each group
 * of inputs and each output: {@code W[n, k] = scales[g, n] * (q[k, n] - zeros[g, n])}, g the group of k, rounded to the type of the
 * scales as the libraries compute it.
 */
record PackedLinear(int inputs, int outputs, IntegerMatrix weights, IntegerMatrix zeros, int[] groups) {
    /** Integers that are unpacked one by one. */
    @FunctionalInterface
    interface IntegerMatrix {
        /** Returns the integer of a row, an input or a group, and an output. */
        int at(int row, int output);
    }

    /** Returns the group of each input where so many of them follow one another. */
    static int[] consecutive(int inputs, int groupSize) {
        return IntStream.range(0, inputs).map(k -> k / groupSize).toArray();
    }

    /**
     * Writes the weight, {@code (N, K)}.
     *
     * @param scales {@code (G, N)}
     */
    void fill(DType scaleType, MemorySegment scales, MemorySegment target) {
        float[] scale = DTypeConversion.floats(scaleType, scales);
        DType to = Unpacking.halfType(scaleType);
        IntStream.range(0, outputs).parallel().forEach(n -> {
            float[] row = new float[inputs];
            for (int k = 0; k < inputs; k++) {
                row[k] = scale[groups[k] * outputs + n] * (weights.at(k, n) - zeros.at(groups[k], n));
            }
            DTypeConversion.write(row, 0, inputs, to, target, (long) n * inputs);
        });
    }
}
