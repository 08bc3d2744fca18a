package carve.api.model;

import carve.api.json.JsonObject;
import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole of a model without its weights: immutable data, made by a {@link ModelFamily} from {@code config.json}.
 *
 * <p>Parameters: {@code input.*}, {@code positions.weight}, {@code layers.N.*}, {@code final_norm.*} and those of the output layer,
 * {@link OutputHead}.
 *
 * @param family the name of the family
 * @param config the configuration that it was made from, or that its family wrote for it
 * @param input what makes the input of the first layer
 * @param layers the layers, first one first
 * @param finalNorm the norm before the output
 * @param head the output layer
 * @param positions the learned embedding of positions, if there is one
 * @param extraTensors tensors of the checkpoint that no computation reads, but that are kept
 */
public record ModelSpec(
        String family,
        JsonObject config,
        InputEncoder input,
        List<Block> layers,
        Norm finalNorm,
        OutputHead head,
        PositionEmbedding positions,
        List<ParamSpec> extraTensors) {
    /** Copies the lists. */
    public ModelSpec {
        layers = List.copyOf(layers);
        extraTensors = List.copyOf(extraTensors);
    }

    /** Makes a model without a learned embedding of positions and without extra tensors. */
    public ModelSpec(
            String family, JsonObject config, InputEncoder input, List<Block> layers, Norm finalNorm, OutputHead head) {
        this(family, config, input, layers, finalNorm, head, PositionEmbedding.NONE, List.of());
    }

    /** Returns V, the number of logits. */
    public int vocabulary() {
        return head.vocabulary();
    }

    /** Returns the prefix of the names of a layer's parameters and sites, such as {@code layers.3}. */
    public static String layerPrefix(int layer) {
        return "layers." + layer;
    }

    /** Returns D, the width between layers. */
    public int hidden() {
        return finalNorm.width();
    }

    /** Returns the parameters that computations read, in the order of the model. */
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        input.parameters().forEach(spec -> specs.add(spec.under("input")));
        specs.addAll(positions.parameters());
        for (int i = 0; i < layers.size(); i++) {
            String prefix = layerPrefix(i);
            layers.get(i).parameters().forEach(spec -> specs.add(spec.under(prefix)));
        }
        finalNorm.parameters().forEach(spec -> specs.add(spec.under("final_norm")));
        specs.addAll(head.parameters(hidden()));
        return List.copyOf(specs);
    }

    /** Returns this model with other layers and another configuration. */
    public ModelSpec with(JsonObject otherConfig, List<Block> otherLayers) {
        return new ModelSpec(family, otherConfig, input, otherLayers, finalNorm, head, positions, extraTensors);
    }

    /** Returns this model with dropout in all its layers: for a step of training, whose number is the draw. */
    public ModelSpec with(Dropout dropout) {
        return with(config, layers.stream().map(layer -> layer.with(dropout)).toList());
    }

    /** Returns the bytes of the states of all layers, for batch rows that have seen a number of positions. */
    public long stateBytes(int batch, long positions) {
        return layers.stream()
                .mapToLong(layer -> layer.mixer().stateBytes(batch, positions))
                .sum();
    }
}
