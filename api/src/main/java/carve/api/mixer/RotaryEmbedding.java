package carve.api.mixer;

import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Arrays;

/**
 * The settings of rotary position embedding.
 *
 * @param base the base of the angles: unscaled, angle i of R/2 is {@code position * base^(-2 i / R)}
 * @param width R, the leading elements of a head that are rotated; 0 for none; of an odd number one more is rotated, as in
 *     Transformers
 * @param maxPositions how many positions the model was trained for
 * @param scaling the scaling of the frequencies
 * @param pairing which elements are rotated together
 */
public record RotaryEmbedding(double base, int width, int maxPositions, RopeScaling scaling, Rope.Pairing pairing) {
    /** No rotation, as in models whose positions are learned (GPT-2) and in layers without (SmolLM3). */
    public static final RotaryEmbedding NONE = new RotaryEmbedding(10_000, 0, Integer.MAX_VALUE);

    /** Makes an embedding without scaling. */
    public RotaryEmbedding(double base, int width, int maxPositions) {
        this(base, width, maxPositions, RopeScaling.NONE);
    }

    /** Makes an embedding that rotates elements half a width apart. */
    public RotaryEmbedding(double base, int width, int maxPositions, RopeScaling scaling) {
        this(base, width, maxPositions, scaling, Rope.Pairing.HALF);
    }

    /** Checks ranges. */
    public RotaryEmbedding {
        if (width < 0) {
            throw new IllegalArgumentException("rotary: the width must not be negative; width=" + width);
        }
        if (!(base > 0) || maxPositions < 1) {
            throw new IllegalArgumentException(
                    "rotary: base and max-positions must be positive; base=%s, max-positions=%d"
                            .formatted(base, maxPositions));
        }
        scaling.requireWidth(width);
    }

    /** Returns the number of pairs of elements that are rotated together. */
    public int pairs() {
        return (width + 1) / 2;
    }

    /** Returns the same embedding with elements paired otherwise. */
    public RotaryEmbedding withPairing(Rope.Pairing other) {
        return new RotaryEmbedding(base, width, maxPositions, scaling, other);
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
        Shape table = Shape.of(cos.length / pairs(), pairs());
        // rows at different positions are rotated as positions of one
        boolean perRow = table.extent(0) != x.extent(1);
        Tensor rows = perRow ? x.reshape(1, table.extent(0), x.extent(2), x.extent(3)) : x;
        Tensor rotated =
                Rope.apply(rows, Tensors.of(x.device(), table, cos), Tensors.of(x.device(), table, sin), pairing);
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

    // for each position the length of its sequence, on which the frequencies may depend
    private float[] table(int[] positions, long[] lengths, boolean cosine) {
        int half = pairs();
        float[] table = new float[positions.length * half];
        double factor = scaling.attentionFactor();
        double[] frequencies = {};
        for (int t = 0; t < positions.length; t++) {
            if (t == 0 || lengths[t] != lengths[t - 1]) {
                frequencies = scaling.frequencies(this, lengths[t]);
            }
            for (int i = 0; i < half; i++) {
                double angle = positions[t] * frequencies[i];
                table[t * half + i] = (float) (factor * (cosine ? Math.cos(angle) : Math.sin(angle)));
            }
        }
        return table;
    }
}
