package carve.api.model;

import carve.api.json.JsonObject;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole of a model without its weights: immutable data, made by a {@link ModelFamily} from {@code config.json}.
 *
 * <p>Parameters: {@code input.*}, {@code layers.N.*}, {@code final_norm.*}, {@code output.weight} and {@code output.bias}; where
 * embeddings are tied there is no {@code output.weight}, and {@code input.tokens.weight} is in its place.
 *
 * @param family the name of the family
 * @param config the configuration that it was made from, or that its family wrote for it
 * @param input what makes the input of the first layer
 * @param layers the layers, first one first
 * @param finalNorm the norm before the output
 * @param vocabulary V, the number of logits
 * @param outputBias whether the output layer has a bias
 * @param tiedEmbeddings whether the output layer is the token table of the input
 * @param extraTensors tensors of the checkpoint that no computation reads, but that are kept
 */
public record ModelSpec(
        String family,
        JsonObject config,
        InputEncoder input,
        List<Block> layers,
        Norm finalNorm,
        int vocabulary,
        boolean outputBias,
        boolean tiedEmbeddings,
        List<ParamSpec> extraTensors) {
    /** Copies the lists. */
    public ModelSpec {
        layers = List.copyOf(layers);
        extraTensors = List.copyOf(extraTensors);
    }

    /** Makes a model whose output layer has a table of its own. */
    public ModelSpec(
            String family,
            JsonObject config,
            InputEncoder input,
            List<Block> layers,
            Norm finalNorm,
            int vocabulary,
            boolean outputBias,
            List<ParamSpec> carried) {
        this(family, config, input, layers, finalNorm, vocabulary, outputBias, false, carried);
    }

    /** Returns the name of the parameter {@code (V, D)} that makes logits. */
    public String outputWeight() {
        return tiedEmbeddings ? "input.tokens.weight" : "output.weight";
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
        for (int i = 0; i < layers.size(); i++) {
            String prefix = layerPrefix(i);
            layers.get(i).parameters().forEach(spec -> specs.add(spec.under(prefix)));
        }
        finalNorm.parameters().forEach(spec -> specs.add(spec.under("final_norm")));
        if (!tiedEmbeddings) {
            specs.add(new ParamSpec("output.weight", Shape.of(vocabulary, hidden()), Init.fanIn(hidden())));
        }
        if (outputBias) {
            specs.add(new ParamSpec("output.bias", Shape.of(vocabulary), Init.ZEROS));
        }
        return List.copyOf(specs);
    }

    /** Returns this model with other layers and another configuration. */
    public ModelSpec with(JsonObject otherConfig, List<Block> otherLayers) {
        return new ModelSpec(
                family,
                otherConfig,
                input,
                otherLayers,
                finalNorm,
                vocabulary,
                outputBias,
                tiedEmbeddings,
                extraTensors);
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
