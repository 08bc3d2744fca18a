package carve.runtime.model;

import carve.api.config.NameSuggestions;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Configurations of published models, without their weights: the resources {@code carve-configs/NAME.json}. With random weights
 * they are measured and written without a download.
 */
public final class PublishedConfigs {
    private static final List<String> NAMES = List.of(
            "hovle-2.7b",
            "llama-135m",
            "llama-1b",
            "mamba2-1.3b",
            "mamba2-130m",
            "mamba2-2.7b",
            "mamba2-370m",
            "mamba2-780m");

    private PublishedConfigs() {}

    /** Returns the names. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Returns the configuration of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static JsonObject config(String name) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException(NameSuggestions.unknown("published shape", name, NAMES));
        }
        String resource = "/carve-configs/" + name + ".json";
        try (InputStream in = PublishedConfigs.class.getResourceAsStream(resource)) {
            return Json.parseObject(new String(in.readAllBytes(), StandardCharsets.UTF_8), resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
