package carve.runtime.train;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.runtime.io.FolderTransaction;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folders of models that a run writes: those of its stages and its result.
 *
 * @param folder the model that they were made from, with the tokenizer and other files that they take over
 * @param name of each folder
 * @param dtype the type in which they are stored; empty where each tensor keeps its own
 */
record SavedModels(ModelFolder folder, String name, List<DType> dtype) {
    /** The file with the digest of the parameters; it is written last. */
    static final String DIGEST = "carve.json";

    /** Writes a model into a folder of a run. */
    Path save(LoadedModel model, Path parent) {
        Path to = parent.resolve(name);
        if (dtype.isEmpty()) {
            folder.save(model, to);
        } else {
            folder.save(model, to, dtype.getFirst());
        }
        JsonObject digest = JsonObject.empty().with("digest", ParamDigest.of(model.params()));
        try (FolderTransaction transaction = FolderTransaction.begin(to)) {
            transaction.write(DIGEST, (Json.print(digest) + "\n").getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
        return to;
    }

    /** Writes the model that a stage ended with, unless an earlier run has written it. */
    void keep(LoadedModel model, StageResult result, Path parent) throws IOException {
        Path digest = parent.resolve(name).resolve(DIGEST);
        boolean there = Files.exists(digest)
                && Json.readObject(digest).optionalString("digest").equals(Optional.of(result.digest()));
        if (!there) {
            save(model, parent);
        }
    }
}
