package carve.api.mixer;

import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a softmax attention layer, from which another mixer is initialised. Matrices are (outputs, inputs), heads one
 * after the other.
 *
 * @param dims the sizes of the layer
 * @param tensors all tensors of the layer by name: {@code q_proj.weight (H K, D)}, {@code k_proj.weight} and {@code
 *     v_proj.weight (G K, D)}, {@code o_proj.weight (D, H K)}, their {@code .bias} where the layer has them, and what else it
 *     has, such as {@code q_norm.weight}, {@code k_norm.weight} and {@code sinks}; a latent attention layer has {@code
 *     kv_a_proj_with_mqa.weight} and {@code kv_b_proj.weight} instead of projections of keys and values
 */
public record AttentionWeights(LayerConfig dims, Map<String, Tensor> tensors) {
    /** The names of the projections that every attention layer has, but for latent ones. */
    public static final List<String> PROJECTIONS = List.of("q_proj", "k_proj", "v_proj", "o_proj");

    private static final String LATENT = "kv_b_proj.weight";

    /** Copies the map. */
    public AttentionWeights {
        tensors = Map.copyOf(tensors);
    }

    /** Returns whether tensors of these names are those of an attention layer. */
    public static boolean areAttention(Set<String> names) {
        return names.contains("o_proj.weight")
                && (names.contains(LATENT) || PROJECTIONS.stream().allMatch(name -> names.contains(name + ".weight")));
    }

    /** Returns whether keys and values are projected from a latent. */
    public boolean isLatent() {
        return tensors.containsKey(LATENT);
    }

    /**
     * Returns weights and biases of the projections alone, for a mixer that has the same under the same names; nothing of a
     * latent attention layer, whose heads have other widths.
     */
    public Map<String, Tensor> projections() {
        Map<String, Tensor> found = new LinkedHashMap<>();
        for (String name : isLatent() ? List.<String>of() : PROJECTIONS) {
            for (String part : List.of(name + ".weight", name + ".bias")) {
                if (tensors.containsKey(part)) {
                    found.put(part, tensors.get(part));
                }
            }
        }
        return found;
    }
}
