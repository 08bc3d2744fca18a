package carve.runtime.model;

import carve.api.tensor.DType;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The types of matrices in a {@link QuantisationMix} that has several, by the rules of llama.cpp (llama-quant.cpp, {@code
 * llama_tensor_get_type_impl}): of attention's values and of the second matrix of feed-forward layers, those of the first and the last
 * eighth of layers and every third between them are Q6_K; queries, keys and values that are stored as one matrix have one bit
 * more than others. Not followed are its exceptions for models of 8 experts and of 70 billion parameters.
 *
 * @param mix the mix
 * @param valueLayers the layers whose attention has values, in order
 * @param downLayers the layers with a feed-forward layer, in order
 */
record MixedMatrices(QuantisationMix mix, List<Integer> valueLayers, List<Integer> downLayers) {
    private static final Pattern QUERIES = Pattern.compile("layers\\.(\\d+)\\.mixer\\.q_proj\\.weight");
    private static final Pattern VALUES = Pattern.compile("layers\\.(\\d+)\\.mixer\\.v_proj\\.weight");
    private static final Pattern DOWN = Pattern.compile("layers\\.(\\d+)\\.mlp\\.(?:experts\\.)?down(?:\\.weight)?");

    /** Returns the rules for a model whose parameters have these names. */
    static MixedMatrices of(QuantisationMix mix, Collection<String> names) {
        return new MixedMatrices(mix, layers(names, VALUES), layers(names, DOWN));
    }

    private static List<Integer> layers(Collection<String> names, Pattern pattern) {
        var layers = new TreeSet<Integer>();
        names.stream().map(pattern::matcher).filter(Matcher::matches).forEach(name -> layers.add(layer(name)));
        return List.copyOf(layers);
    }

    private static int layer(Matcher name) {
        return Integer.parseInt(name.group(1));
    }

    /** Returns the type of a matrix that holds parameters of these names. */
    DType type(List<String> parameters) {
        boolean queries =
                parameters.stream().anyMatch(name -> QUERIES.matcher(name).matches());
        for (String parameter : parameters) {
            Matcher values = VALUES.matcher(parameter);
            Matcher down = DOWN.matcher(parameter);
            if (values.matches()) {
                return queries ? packed() : type(valueLayers.indexOf(layer(values)), valueLayers.size());
            }
            if (down.matches()) {
                return type(downLayers.indexOf(layer(down)), downLayers.size());
            }
        }
        return mix.matrices();
    }

    private DType packed() {
        return mix == QuantisationMix.Q4_K_M ? DType.Q5_K : DType.Q6_K;
    }

    private DType type(int layer, int layers) {
        boolean more = layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
        return more ? DType.Q6_K : mix.matrices();
    }
}
