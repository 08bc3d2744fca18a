package carve.api.mixer;

import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Arrays;

/**
 * The settings of rotary position embedding.
 *
 * @param base the base of the angles: angle i of R/2 is {@code position * base^(-2 i / R)}
 * @param width R, the leading elements of a head that are rotated; 0 for none
 * @param maxPositions how many positions the model was trained for
 * @param dynamicFactor the factor of dynamic NTK scaling, by which the base grows beyond maxPositions; 0 for none
 */
public record RotaryEmbedding(double base, int width, int maxPositions, double dynamicFactor) {
    /** No rotation. */
    public static final RotaryEmbedding NONE = new RotaryEmbedding(10_000, 0, Integer.MAX_VALUE, 0);

    /** Checks ranges. */
    public RotaryEmbedding {
        if (width < 0 || width % 2 != 0) {
            throw new IllegalArgumentException("rotary: the width must be even and not negative; width=" + width);
        }
        if (!(base > 0) || maxPositions < 1 || dynamicFactor < 0) {
            throw new IllegalArgumentException(
                    "rotary: base and max-positions must be positive, dynamic-factor not negative; base=%s, "
                                    .formatted(base)
                            + "max-positions=%d, dynamic-factor=%s".formatted(maxPositions, dynamicFactor));
        }
    }

    /**
     * Returns the base for a sequence of a length: as it is up to maxPositions; beyond, with dynamic NTK scaling, {@code
     * base * (factor * length / maxPositions - (factor - 1))^(R / (R - 2))}, as InternLM2 does.
     */
    public double baseAt(long length) {
        if (dynamicFactor == 0 || length <= maxPositions || width <= 2) {
            return base;
        }
        double growth = dynamicFactor * length / maxPositions - (dynamicFactor - 1);
        return base * Math.pow(growth, width / (width - 2.0));
    }

    /**
     * Returns x {@code (B, T, H, K)} with its heads rotated, for sequences of a length.
     *
     * @param positions the position of each of T columns or, where rows are at different ones, of each of B T places
     */
    public Tensor rotate(Tensor x, int[] positions, long length) {
        return width == 0 ? x : rotate(x, cos(positions, length), sin(positions, length));
    }

    /**
     * Returns x {@code (B, T, H, K)} with its heads rotated by the positions of a batch, each sequence as one that ends with
     * its new positions.
     */
    public Tensor rotate(Tensor x, StateSlots slots) {
        if (width == 0) {
            return x;
        }
        int[] positions = slots.positionIds();
        long[] lengths = slots.sequenceLengths();
        return rotate(x, table(positions, lengths, true), table(positions, lengths, false));
    }

    private Tensor rotate(Tensor x, float[] cos, float[] sin) {
        Shape table = Shape.of(cos.length / (width / 2), width / 2);
        // rows at different positions are rotated as positions of one
        boolean perRow = table.extent(0) != x.extent(1);
        Tensor rows = perRow ? x.reshape(1, table.extent(0), x.extent(2), x.extent(3)) : x;
        Tensor rotated = Rope.apply(rows, Tensors.of(x.device(), table, cos), Tensors.of(x.device(), table, sin));
        return perRow ? rotated.reshape(x.shape()) : rotated;
    }

    /** Returns {@code cos} of the angles of positions, row-major (positions, R/2), for a sequence of a length. */
    public float[] cos(int[] positions, long length) {
        return table(positions, length, true);
    }

    /** Returns {@code sin} of the angles of positions, row-major (positions, R/2), for a sequence of a length. */
    public float[] sin(int[] positions, long length) {
        return table(positions, length, false);
    }

    private float[] table(int[] positions, long length, boolean cosine) {
        long[] lengths = new long[positions.length];
        Arrays.fill(lengths, length);
        return table(positions, lengths, cosine);
    }

    // for each position the length of its sequence, on which the base may depend
    private float[] table(int[] positions, long[] lengths, boolean cosine) {
        int half = width / 2;
        float[] table = new float[positions.length * half];
        double[] frequencies = new double[half];
        double base = Double.NaN;
        for (int t = 0; t < positions.length; t++) {
            double grown = baseAt(lengths[t]);
            for (int i = 0; grown != base && i < half; i++) {
                frequencies[i] = Math.pow(grown, -2.0 * i / width);
            }
            base = grown;
            for (int i = 0; i < half; i++) {
                double angle = positions[t] * frequencies[i];
                table[t * half + i] = (float) (cosine ? Math.cos(angle) : Math.sin(angle));
            }
        }
        return table;
    }
}
