package carve.api.gguf;

import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import java.nio.file.Path;
import java.util.List;

/**
 * The converter between GGUF files, as llama.cpp lays them out, and the models of a family.
 *
 * <p>Values that mean the same on both sides stay where they are in the mapped file; only those that llama.cpp stores another
 * way are computed, when they are asked for.
 */
public interface GgufConverter {
    /** Returns the {@code general.architecture}s of files that are models of the family. */
    List<String> architectures();

    /**
     * Returns what {@code config.json} would say of a file's model.
     *
     * @throws carve.api.checkpoint.CheckpointException if the file asks for something that is not supported
     * @throws carve.api.json.JsonException if metadata are missing or of another type
     */
    JsonObject config(GgufFile file);

    /**
     * Returns a file's tensors by the names of a model's parameters.
     *
     * @param spec the model of the file's {@link #config}
     * @throws carve.api.checkpoint.CheckpointException if a tensor has no place there
     */
    TensorSource fromGguf(ModelSpec spec, GgufFile file);

    /**
     * Returns the metadata of a model: its architecture, its extents, its tokenizer.
     *
     * @param folder the model's folder, which may have a tokenizer
     * @throws carve.api.checkpoint.CheckpointException if llama.cpp would compute something else; it tells what
     */
    JsonObject metadata(ModelSpec spec, Path folder);

    /**
     * Returns the tensors of a model as a file has them.
     *
     * @param parameters the tensors by the names of the model's parameters
     */
    TensorSource toGguf(ModelSpec spec, TensorSource parameters);
}
