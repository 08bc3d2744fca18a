package carve.runtime.quantised;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.runtime.safetensors.Checkpoint;
import java.nio.file.Path;
import java.util.List;

/** The folders of quantised models that open: which they are, and how. */
public final class QuantisedFolder {
    /** The key of {@code config.json} that describes the quantisation. */
    public static final String CONFIG_KEY = "quantization_config";

    /** The method of folders that this library wrote, whose tensors tell their types themselves. */
    public static final String OWN_METHOD = "carve";

    private static final String METHOD = "quant_method";
    private static final List<String> METHODS =
            List.of("awq", "compressed-tensors", "fbgemm_fp8", "fp8", "gptq", "mxfp4");

    private QuantisedFolder() {}

    /** Returns whether a configuration describes weights that another library quantised. */
    public static boolean isQuantised(JsonObject config) {
        return config.value(CONFIG_KEY)
                .filter(value -> !(value instanceof JsonNull))
                .filter(value -> !(value instanceof JsonObject keys
                        && keys.optionalString(METHOD)
                                .filter(OWN_METHOD::equals)
                                .isPresent()))
                .isPresent();
    }

    /** Returns a configuration without the description of a quantisation by another library. */
    public static JsonObject plain(JsonObject config) {
        return isQuantised(config) ? config.without(CONFIG_KEY) : config;
    }

    /**
     * Opens a folder, with plain weights in place of those that another library quantised.
     *
     * @throws CheckpointException if a file is missing or broken, the method is not supported, or the configuration or tensors are
     *     not what it has
     */
    public static Checkpoint open(Path folder) {
        Checkpoint stored = Checkpoint.open(folder);
        try {
            return unpack(stored);
        } catch (RuntimeException e) {
            stored.close();
            throw e;
        }
    }

    private static Checkpoint unpack(Checkpoint stored) {
        if (isQuantised(stored.config())) {
            return stored.with(
                    plain(stored.config()),
                    format(stored.folder(), stored.config()).unpack(stored));
        }
        stored.names().stream()
                .filter(name -> name.endsWith(".qweight"))
                .findFirst()
                .ifPresent(name -> {
                    throw new CheckpointException(
                            "%s: tensor '%s' is quantised, but %s has no %s; add what the library wrote elsewhere, such as in quantize_config.json, with %s"
                                    .formatted(stored, name, Checkpoint.CONFIG, CONFIG_KEY, METHOD));
                });
        return stored;
    }

    private static WeightFormat format(Path folder, JsonObject config) {
        try {
            QuantisationKeys keys = new QuantisationKeys(config.object(CONFIG_KEY));
            WeightFormat format = format(folder, keys, keys.string(METHOD, otherwise(keys)));
            keys.requireAllRead();
            return format;
        } catch (JsonException e) {
            throw new CheckpointException("%s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    // as the Transformers library has it: the first configurations of bitsandbytes do not name it
    private static String otherwise(QuantisationKeys keys) {
        return keys.has("load_in_4bit") || keys.has("load_in_8bit") ? "bitsandbytes" : "none";
    }

    private static WeightFormat format(Path folder, QuantisationKeys keys, String method) {
        return switch (method) {
            case "fp8" -> WeightFormats.fp8(keys);
            case "fbgemm_fp8" -> WeightFormats.fbgemm(keys);
            case "compressed-tensors" -> WeightFormats.compressedTensors(keys);
            case "mxfp4" -> WeightFormats.mxfp4(keys);
            case "gptq" -> WeightFormats.gptq(keys);
            case "awq" -> WeightFormats.awq(keys);
            default ->
                throw new CheckpointException(
                        ("%s: quantised by the method '%s', which is not supported; supported are %s; open the model that it was"
                                        + " made from, or a copy saved without quantisation (in Transformers: model.dequantize(),"
                                        + " then save_pretrained)")
                                .formatted(folder, method, String.join(", ", METHODS)));
        };
    }
}
