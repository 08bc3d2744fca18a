package carve.api.mixer;

import carve.api.tensor.Tensor;
import java.util.Map;

/**
 * The weights of a softmax attention layer, from which another mixer is seeded. Matrices are (outputs, inputs), heads one
 * after the other.
 *
 * @param dims the dimensions of the layer
 * @param tensors by name: {@code q_proj.weight (H K, D)}, {@code k_proj.weight} and {@code v_proj.weight (G K, D)}, {@code
 *     o_proj.weight (D, H K)}, and their {@code .bias} where the layer has them
 */
public record AttentionWeights(LayerConfig dims, Map<String, Tensor> tensors) {
    /** Copies the map. */
    public AttentionWeights {
        tensors = Map.copyOf(tensors);
    }
}
