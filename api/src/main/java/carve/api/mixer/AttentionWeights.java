package carve.api.mixer;

import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights of a softmax attention layer, from which another mixer is initialised. Matrices are (outputs, inputs), heads one
 * after the other.
 *
 * @param dims the sizes of the layer
 * @param tensors all tensors of the layer by name: {@code q_proj.weight (H K, D)}, {@code k_proj.weight} and {@code
 *     v_proj.weight (G K, D)}, {@code o_proj.weight (D, H K)}, their {@code .bias} where the layer has them, and what else it
 *     has, such as {@code q_norm.weight} and {@code k_norm.weight}
 */
public record AttentionWeights(LayerConfig dims, Map<String, Tensor> tensors) {
    /** The names of the projections that every attention layer has. */
    public static final List<String> PROJECTIONS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

    /** Copies the map. */
    public AttentionWeights {
        tensors = Map.copyOf(tensors);
    }

    /** Returns weights and biases of the projections alone, for a mixer that has the same under the same names. */
    public Map<String, Tensor> projections() {
        Map<String, Tensor> found = new LinkedHashMap<>();
        for (String name : PROJECTIONS) {
            for (String part : List.of(name + ".weight", name + ".bias")) {
                if (tensors.containsKey(part)) {
                    found.put(part, tensors.get(part));
                }
            }
        }
        return found;
    }
}
