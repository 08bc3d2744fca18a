package carve.api.model;

import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * A learned embedding that is added to the input of the first layer, as in GPT-2: parameter {@code positions.weight (P, D)}.
 *
 * @param positions P, the most positions of a sequence; 0 for none
 * @param hidden D
 */
public record PositionEmbedding(int positions, int hidden) {
    /** The absence of such an embedding. */
    public static final PositionEmbedding NONE = new PositionEmbedding(0, 0);

    private static final String WEIGHT = "positions.weight";

    /** Returns whether there is one. */
    public boolean exists() {
        return positions > 0;
    }

    /** Returns the parameters. */
    List<ParamSpec> parameters() {
        return exists() ? List.of(new ParamSpec(WEIGHT, Shape.of(positions, hidden), Init.normal(0.02))) : List.of();
    }

    /**
     * Returns x {@code (B, T, D)} with the embeddings of its positions added.
     *
     * @param ids the position of each of T columns or, where rows are at different ones, of each of B T places
     * @throws IllegalArgumentException if a position is beyond the last one
     */
    Tensor add(Params p, Tensor x, int[] ids) {
        if (!exists()) {
            return x;
        }
        for (int id : ids) {
            if (id >= positions) {
                throw new IllegalArgumentException(
                        "position %d is beyond the model's %d positions".formatted(id, positions));
            }
        }
        int rows = ids.length / x.extent(1);
        Tensor places = Tensors.of(x.device(), Shape.of(rows, x.extent(1)), ids);
        return x.add(TokenEmbedding.lookup(p.get(WEIGHT), places));
    }
}
