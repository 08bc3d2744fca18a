package carve.runtime.model;

import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonObject;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The storage types of a quantised model: one for matrices, others for the token embedding and the output matrix. Parameters
 * in {@code unquantised}, tensors that are not matrices, and rows that are not a whole number of blocks stay as they are.
 *
 * @param matrices the type of matrices
 * @param embedding the type of the token embedding
 * @param output the type of the output matrix, where it is not tied to the embedding
 * @param unquantised other parameters that are not quantised, by the model's names
 */
public record QuantisationConfig(DType matrices, DType embedding, DType output, Selector unquantised) {
    /** The parameters that are not quantised by default: those of scans, convolutions and norms, and image encoders. */
    public static final List<String> UNQUANTISED =
            List.of("**.A_log", "**.D", "**.dt_bias", "**.conv1d.*", "**norm*.**", "input.**");

    // rows of both are looked up together, so they are of one type
    private static final Set<String> TABLES = Set.of("input.tokens.weight", "input.special.weight");

    /** The key of {@code config.json} that describes the quantisation. */
    static final String CONFIG_KEY = "quantization_config";

    /** Returns the storage type of each tensor of a checkpoint, by its name there. */
    public Map<String, DType> types(ModelFolder folder) {
        TensorSource checkpoint = folder.checkpoint();
        Set<String> kept = folder.names().keptNames();
        Map<String, DType> types = new LinkedHashMap<>();
        for (String name : checkpoint.names()) {
            TensorType type = checkpoint.type(name);
            DType asked = kept.contains(name)
                    ? type.dtype()
                    : asked(
                            folder.names().modelNames(name),
                            folder.spec().head().weight(),
                            type.dtype());
            types.put(name, fits(type, asked) ? asked : type.dtype());
        }
        return types;
    }

    private DType asked(List<String> parts, String logits, DType stored) {
        if (parts.stream().anyMatch(TABLES::contains)) {
            return embedding;
        }
        if (parts.stream().anyMatch(unquantised::matches)) {
            return stored;
        }
        return parts.contains(logits) ? output : matrices;
    }

    private static boolean fits(TensorType type, DType asked) {
        return type.shape().rank() == 2
                && type.dtype().isFloating()
                && type.shape().extent(1) % asked.blockElements() == 0;
    }

    /** Returns a configuration that says how the model is quantised, for programs that would take blocks for weights. */
    public JsonObject config(JsonObject config) {
        if (!matrices.isQuantised() && !embedding.isQuantised() && !output.isQuantised()) {
            return config;
        }
        return config.with(
                CONFIG_KEY,
                JsonObject.empty()
                        .with("quant_method", "carve")
                        .with("weights", matrices.key())
                        .with("embedding", embedding.key())
                        .with("output", output.key()));
    }
}
