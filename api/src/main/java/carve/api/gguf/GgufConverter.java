package carve.api.gguf;

import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import java.nio.file.Path;

/**
 * The converter between GGUF files, as llama.cpp lays them out, and a family's own checkpoint layout.
 *
 * <p>Values that mean the same on both sides stay where they are in the mapped file; only those that llama.cpp stores another
 * way are computed, when they are asked for.
 */
public interface GgufConverter {
    /** Returns whether files of a {@code general.architecture} are models of the family. */
    boolean supports(String architecture);

    /**
     * Returns what {@code config.json} would say of a file's model.
     *
     * @throws carve.api.checkpoint.CheckpointException if the file asks for something that is not supported
     * @throws carve.api.json.JsonException if metadata are missing or of another type
     */
    JsonObject config(GgufFile file);

    /**
     * Returns a file's tensors by the names of the official layout.
     *
     * @throws carve.api.checkpoint.CheckpointException if a tensor has no place there
     */
    TensorSource fromGguf(GgufFile file);

    /**
     * Returns the metadata of a model: its architecture, its extents, its tokenizer.
     *
     * @param folder the model's folder, which may have a tokenizer
     * @throws carve.api.checkpoint.CheckpointException if llama.cpp has no words for the model
     */
    JsonObject metadata(ModelSpec spec, Path folder);

    /** Returns the tensors of a model, given by their official names, as a file has them. */
    TensorSource toGguf(ModelSpec spec, TensorSource official);
}
