package carve.api.model;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.decoder.DecoderArchitecture;
import carve.api.gguf.GgufConverter;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.text.Processor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A kind of model: how its configuration reads, how its checkpoint is laid out, how it is talked to. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface ModelFamily {
    /** The file of a checkpoint's configuration. */
    String CONFIG_FILE = "config.json";

    /** Returns the name of the family, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns this family with architectures of decoders that plugins add; a family that has none of its own returns itself.
     *
     * @param architectures all that are installed, but for the family's own
     */
    default ModelFamily with(List<DecoderArchitecture> architectures) {
        return this;
    }

    /** Returns the {@code model_type}s of its configurations, for messages and lists. */
    default List<String> modelTypes() {
        return List.of();
    }

    /**
     * Returns what a model of a configuration that the family does not support needs and it does not have, such as {@code the
     * mixer Mamba-1}, if the family knows that kind of model.
     */
    default Optional<String> missing(JsonObject config) {
        return Optional.empty();
    }

    /** Returns whether a {@code config.json} describes a model of this family. */
    boolean supports(JsonObject config);

    /**
     * Returns the configuration of a folder's model: its {@code config.json}, and what other files add to it.
     *
     * @param config the folder's {@code config.json}
     * @throws carve.api.json.JsonException if one of the others is broken
     */
    default JsonObject completeConfig(Path folder, JsonObject config) {
        return config;
    }

    /** Returns the files that a configuration is written to, by name; {@link #completeConfig} puts them together again. */
    default Map<String, byte[]> configFiles(JsonObject config) {
        return Map.of(CONFIG_FILE, (Json.print(config) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the model that a configuration describes.
     *
     * @throws carve.api.json.JsonException if a value is missing or not understood; the message has its path
     */
    ModelSpec spec(JsonObject config, MixerCatalog mixers);

    /**
     * Returns the weights of a folder's model by the model's names: those of its checkpoint, but for what the configuration
     * takes from elsewhere.
     *
     * @param tensors the checkpoint's, by the model's names
     * @param checkpoints opens another checkpoint's folder; the caller closes it
     * @throws carve.api.checkpoint.CheckpointException if they are not there
     */
    default TensorSource weights(
            ModelSpec spec, Path folder, TensorSource tensors, Function<Path, ? extends TensorSource> checkpoints) {
        return tensors;
    }

    /** Returns the map between the names of a model's checkpoint and of its parameters. */
    NameMap names(ModelSpec spec);

    /**
     * Returns the prefix that tensors lack in a checkpoint that was saved without the output layer, such as {@code
     * transformer.}, which the checkpoints of GPT-2 are; empty if there is none.
     */
    default String basePrefix(ModelSpec spec) {
        return "";
    }

    /**
     * Returns a model with other mixers in the layers where a plan does not say {@code keep}, and with a configuration
     * that {@link #spec} understands.
     *
     * @throws carve.api.config.SettingsException if the plan does not fit the model
     */
    ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers);

    /** Returns the formats of a student's configuration that a plan may ask for. */
    default List<String> studentFormats() {
        return List.of(LayerPlan.AUTO);
    }

    /**
     * Returns why a student is saved in a format that only Carve opens, in place of one that Transformers has; empty if it is not,
     * or if the family knows no other.
     *
     * @throws carve.api.config.SettingsException if the plan does not fit the model
     */
    default List<String> formatProblems(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        return List.of();
    }

    /**
     * Opens what is needed to talk to a model.
     *
     * @param folder the checkpoint's folder, which has the tokenizer; with {@link #gguf}, perhaps a GGUF file
     * @throws carve.api.checkpoint.CheckpointException if a file is missing or broken
     */
    Processor processor(ModelSpec spec, Path folder);

    /** Returns how models of the family lie in GGUF files, if they do. */
    default Optional<GgufConverter> gguf() {
        return Optional.empty();
    }

    /** Returns the names of the files beside the weights that go with a checkpoint wherever it goes. */
    List<String> auxiliaryFiles();
}
