package carve.runtime.model;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The storage types of a quantised model: a mix for matrices, from which the token embedding and the output matrix may be
 * excepted. Parameters in {@code unquantised}, tensors that are not matrices or experts' matrices, those that a checkpoint holds with
 * other rows than the model, and rows that are not a whole number of blocks stay as they are.
 *
 * @param mix the types of matrices
 * @param exceptions the types of tables that are not what the mix says
 * @param unquantised other parameters that are not quantised, by the model's names
 */
public record QuantisationConfig(QuantisationMix mix, Map<Table, DType> exceptions, Selector unquantised) {
    /** The matrices that are as wide as the vocabulary. */
    public enum Table {
        /** The token embedding. */
        EMBEDDING,
        /** The output matrix, where it is not the embedding. */
        OUTPUT
    }

    /**
     * The parameters that are not quantised by default: of scans, convolutions, norms, routers of experts, positions, image
     * encoders.
     */
    public static final List<String> UNQUANTISED = List.of(
            "**.A_log",
            "**.D",
            "**.dt_bias",
            "**.conv1d.*",
            "**norm*.**",
            "**.router.*",
            "**.shared_gate.*",
            "positions.**",
            "input.**");

    // rows of both are looked up together, so they are of one type
    private static final Set<String> TABLES = Set.of("input.tokens.weight", "input.special.weight");

    /** The key of {@code config.json} that describes the quantisation. */
    static final String CONFIG_KEY = "quantization_config";

    /** Copies the exceptions. */
    public QuantisationConfig {
        exceptions = Map.copyOf(exceptions);
    }

    /** Returns the storage type of each tensor of a checkpoint, by its name there. */
    public Map<String, DType> types(ModelFolder folder) {
        return types(folder.checkpoint(), folder.names(), folder.spec());
    }

    private Map<String, DType> types(TensorSource checkpoint, NameMap names, ModelSpec spec) {
        MixedMatrices mixed = MixedMatrices.of(mix, names.modelNames());
        Set<String> kept = names.keptNames();
        Map<String, DType> types = new LinkedHashMap<>();
        for (String name : checkpoint.names()) {
            TensorType type = checkpoint.type(name);
            DType asked = kept.contains(name) || !isMatrix(type.shape())
                    ? type.dtype()
                    : asked(names.modelNames(name), spec.head().weight(), type, mixed);
            boolean fits = fits(type, asked) && names.hasRowsOfModel(name, type);
            types.put(name, fits ? asked : type.dtype());
        }
        return types;
    }

    /**
     * Returns the storage type of each parameter, by the model's names; those that are not quantised are F32. Parameters that a
     * checkpoint holds in one matrix are of one type.
     */
    Map<String, DType> exportedTypes(TensorSource parameters, NameMap names, ModelSpec spec) {
        MixedMatrices mixed = MixedMatrices.of(mix, names.modelNames());
        Map<String, DType> types = new LinkedHashMap<>();
        for (String name : parameters.names()) {
            TensorType wide = parameters.type(name).with(DType.F32);
            List<String> parts = names.modelNames(names.checkpointName(name));
            DType asked = isMatrix(wide.shape()) ? asked(parts, spec.head().weight(), wide, mixed) : DType.F32;
            types.put(name, fits(wide, asked) ? asked : DType.F32);
        }
        return types;
    }

    private DType asked(List<String> parts, String logits, TensorType stored, MixedMatrices mixed) {
        DType asked;
        if (parts.stream().anyMatch(TABLES::contains)) {
            asked = embedding(TABLES.contains(logits));
        } else if (parts.stream().anyMatch(unquantised::matches)) {
            return stored.dtype();
        } else if (parts.contains(logits)) {
            asked = output();
        } else {
            asked = mix.isMixed() ? mixed.type(parts) : mix.matrices();
        }
        return QuantisationMix.fitting(asked, stored.shape().extent(-1));
    }

    private DType embedding(boolean tied) {
        return exceptions.getOrDefault(Table.EMBEDDING, mix.embedding(tied));
    }

    private DType output() {
        return exceptions.getOrDefault(Table.OUTPUT, mix.output());
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
        DType embedding = embedding(false);
        if (!mix.matrices().isQuantised() && !embedding.isQuantised() && !output().isQuantised()) {
            return config;
        }
        return config.with(
                CONFIG_KEY,
                JsonObject.empty()
                        .with("quant_method", "carve")
                        .with("weights", mix.key())
                        .with("embedding", embedding.key())
                        .with("output", output().key()));
    }
}
