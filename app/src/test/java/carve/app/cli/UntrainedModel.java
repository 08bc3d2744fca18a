package carve.app.cli;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small model to be trained, and data for it. */
final class UntrainedModel {
    private UntrainedModel() {}

    /** Writes {@code shapes}, a small data set, and {@code untrained}, a model without weights, and returns the model's folder. */
    static Path write(CommandHarness carve, Path folder) throws IOException {
        carve.succeeds(
                "data", "shapes", "--out", folder.resolve("shapes").toString(), "-Dtrain-scenes=3", "-Dtest-scenes=1");
        Path model = Files.createDirectories(folder.resolve("untrained"));
        Files.copy(folder.resolve("shapes/tokenizer.json"), model.resolve("tokenizer.json"));
        int vocabulary = Json.readObject(model.resolve("tokenizer.json"))
                .object("model")
                .object("vocab")
                .keys()
                .size();
        JsonObject config = Json.readObject(Path.of(System.getProperty("carve.fixtures"), "hovle_tiny/config.json"))
                .with("max_dynamic_patch", 1);
        config = config.with(
                        "embedding_config",
                        config.object("embedding_config")
                                .with("llm_vocab_size", vocabulary)
                                .with("img_context_token_id", 7))
                .with("llm_config", config.object("llm_config").with("vocab_size", vocabulary));
        Files.writeString(model.resolve("config.json"), Json.print(config));
        return model;
    }
}
