package carve.api.model;

import carve.api.checkpoint.NameMap;
import carve.api.config.JsonObject;
import carve.api.mixer.MixerCatalog;
import java.nio.file.Path;
import java.util.List;

/**
 * A kind of model: how its configuration reads, how its checkpoint is laid out, how it is talked to. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface ModelFamily {
    /** Returns the name of the family, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns whether a {@code config.json} describes a model of this family. */
    boolean recognises(JsonObject config);

    /**
     * Returns the model that a configuration describes.
     *
     * @throws carve.api.config.JsonException if a value is missing or not understood; the message has its path
     */
    ModelSpec read(JsonObject config, MixerCatalog mixers);

    /** Returns the map between the names of a model's checkpoint and of its parameters. */
    NameMap names(ModelSpec spec);

    /**
     * Returns a model with other mixers in the layers where a plan does not say {@code keep}, and with a configuration
     * that {@link #read} understands.
     *
     * @throws carve.api.config.SettingsException if the plan does not fit the model
     */
    ModelSpec convert(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers);

    /**
     * Opens what is needed to talk to a model.
     *
     * @param folder the checkpoint's folder, which has the tokenizer
     * @throws carve.api.checkpoint.CheckpointException if a file is missing or broken
     */
    Processor processor(ModelSpec spec, Path folder);

    /** Returns the names of the files beside the weights that go with a checkpoint wherever it goes. */
    List<String> companions();
}
