package carve.api.op;

import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;

/** Changes of shape between a layer's width and its heads, for mixers and the definitions of ops. All are differentiable. */
public final class Heads {
    private Heads() {}

    /** Returns x {@code (B, T, H K)} as {@code (B, T, H, K)}, for heads of a width K. */
    public static Tensor split(Tensor x, int width) {
        return x.reshape(x.extent(0), x.extent(1), x.extent(2) / width, width);
    }

    /** Returns x {@code (B, T, H, K)} as {@code (B, T, H K)}. */
    public static Tensor merge(Tensor x) {
        return x.reshape(x.extent(0), x.extent(1), x.extent(2) * x.extent(3));
    }

    /**
     * Returns x {@code (B, T, G, K)} as {@code (B, T, H, K)}, each of its groups once for each of the H / G heads that share it,
     * as keys and values of grouped-query attention are.
     */
    public static Tensor repeat(Tensor x, int heads) {
        int groups = x.extent(2);
        if (groups == heads) {
            return x;
        }
        Shape repeated = Shape.of(x.extent(0), x.extent(1), groups, heads / groups, x.extent(3));
        return x.reshape(x.extent(0), x.extent(1), groups, 1, x.extent(3))
                .broadcastTo(repeated)
                .reshape(x.extent(0), x.extent(1), heads, x.extent(3));
    }

    /** Returns x {@code (B, T, H, K)} as {@code (B, H, T, K)}, or the other way. */
    public static Tensor transpose(Tensor x) {
        return x.permute(0, 2, 1, 3);
    }
}
