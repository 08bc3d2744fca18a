package carve.runtime.model;

import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonObject;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The storage types of a quantised model: one for matrices, others for the token embedding and the output matrix. Parameters
 * in {@code unquantised}, tensors that are not matrices or experts' matrices, those that a checkpoint holds with other rows than the
 * model, and rows that are not a whole number of blocks stay as they are.
 *
 * @param matrices the type of matrices
 * @param embedding the type of the token embedding
 * @param output the type of the output matrix, where it is not tied to the embedding
 * @param unquantised other parameters that are not quantised, by the model's names
 */
public record QuantisationConfig(DType matrices, DType embedding, DType output, Selector unquantised) {
    /** The parameters that are not quantised by default: of scans, convolutions, norms, routers of experts, image encoders. */
    public static final List<String> UNQUANTISED = List.of(
            "**.A_log",
            "**.D",
            "**.dt_bias",
            "**.conv1d.*",
            "**norm*.**",
            "**.router.*",
            "**.shared_gate.*",
            "input.**");

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
            boolean fits = fits(type, asked) && folder.names().hasRowsOfModel(name, type);
            types.put(name, fits ? asked : type.dtype());
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

    /** Returns whether a shape is that of a matrix (N, K), or of those of experts (E, N, K); convolutions are (C, 1, K). */
    static boolean isMatrix(Shape shape) {
        return shape.rank() == 2 || shape.rank() == 3 && shape.extent(1) > 1;
    }

    private static boolean fits(TensorType type, DType asked) {
        return isMatrix(type.shape())
                && type.dtype().isFloating()
                && type.shape().extent(-1) % asked.blockElements() == 0;
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
