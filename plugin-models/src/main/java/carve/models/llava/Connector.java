package carve.models.llava;

import carve.api.json.JsonObject;
import carve.api.model.Activation;
import carve.api.op.Linear;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The connector from the features of a vision tower to a decoder's inputs: linear layers with exact GELU between them,
 * numbered as in the checkpoint, where activations count: {@code 0.weight}, {@code 0.bias}, {@code 2.weight} ...
 *
 * @param inputs the width of features
 * @param hidden D, the width of the decoder
 * @param depth the number of linear layers
 */
record Connector(int inputs, int hidden, int depth) {
    private static final Pattern PERCEPTRON = Pattern.compile("mlp([1-9])x_gelu");

    /** Returns the connector of {@code connector_type}, such as {@code mlp2x_gelu} for two layers. */
    static Connector of(JsonObject config, int inputs, int hidden) {
        String type = config.string("connector_type");
        Matcher matcher = PERCEPTRON.matcher(type);
        if (!matcher.matches()) {
            throw config.error(
                    "connector_type",
                    "'%s' is not supported; there are mlp1x_gelu, mlp2x_gelu and so on".formatted(type));
        }
        return new Connector(inputs, hidden, Integer.parseInt(matcher.group(1)));
    }

    /** Returns the parameters. */
    List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            int width = i == 0 ? inputs : hidden;
            double bound = (i + 1 == depth ? 4 : 1) / Math.sqrt(width);
            specs.add(new ParamSpec(2 * i + ".weight", Shape.of(hidden, width), Init.uniform(bound)));
            specs.add(new ParamSpec(2 * i + ".bias", Shape.of(hidden), Init.ZEROS));
        }
        return List.copyOf(specs);
    }

    /** Returns inputs {@code (..., D)} for features {@code (..., inputs)}. */
    Tensor apply(Params p, Tensor features) {
        Tensor x = features;
        for (int i = 0; i < depth; i++) {
            Tensor given = i == 0 ? x : Activation.GELU.apply(x);
            x = Linear.apply(given, p.get(2 * i + ".weight"), p.get(2 * i + ".bias"));
        }
        return x;
    }
}
