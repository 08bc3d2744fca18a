package carve.api.mixer;

import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.stream.IntStream;

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

    /** Returns x {@code (B, T, H, K)} with its heads rotated by their positions (T), for a sequence of a length. */
    public Tensor rotate(Tensor x, int[] positions, long length) {
        if (width == 0) {
            return x;
        }
        Shape table = Shape.of(positions.length, width / 2);
        Tensor cos = Tensors.of(x.device(), table, cos(positions, length));
        Tensor sin = Tensors.of(x.device(), table, sin(positions, length));
        return Rope.apply(x, cos, sin);
    }

    /**
     * Returns x {@code (R, T, H, K)} with its heads rotated, row r as T positions from {@code from[r]} on of a sequence that
     * ends with them.
     */
    public Tensor rotateRows(Tensor x, int... from) {
        if (width == 0) {
            return x;
        }
        int each = x.extent(1) * width / 2;
        float[] cos = new float[from.length * each];
        float[] sin = new float[cos.length];
        for (int r = 0; r < from.length; r++) {
            int length = from[r] + x.extent(1);
            int[] positions = IntStream.range(from[r], length).toArray();
            System.arraycopy(cos(positions, length), 0, cos, r * each, each);
            System.arraycopy(sin(positions, length), 0, sin, r * each, each);
        }
        // rows are rotated as positions of one
        Shape table = Shape.of(from.length * x.extent(1), width / 2);
        Tensor one = x.reshape(1, table.extent(0), x.extent(2), x.extent(3));
        return Rope.apply(one, Tensors.of(x.device(), table, cos), Tensors.of(x.device(), table, sin))
                .reshape(x.shape());
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
        int half = width / 2;
        float[] table = new float[positions.length * half];
        double grown = baseAt(length);
        for (int i = 0; i < half; i++) {
            double frequency = Math.pow(grown, -2.0 * i / width);
            for (int t = 0; t < positions.length; t++) {
                double angle = positions[t] * frequency;
                table[t * half + i] = (float) (cosine ? Math.cos(angle) : Math.sin(angle));
            }
        }
        return table;
    }
}
