package carve.runtime.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSources;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufKeys;
import carve.api.gguf.HarmlessGgufKeys;
import carve.api.json.Json;
import carve.api.json.JsonException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the metadata of a GGUF file are read, harmless or refused by name. */
final class GgufKeysTest {
    private static final String METADATA = """
            {"general.architecture": "small", "general.type": "model", "general.quantization_version": 2,
             "general.name": "Small", "tokenizer.ggml.model": "gpt2", "small.count": 3, "small.scale": 0.5, "small.one": 1.0,
             "small.flag": true, "small.kind": "none", "small.heads": [4, 0, 2], "small.names": ["a"]}
            """;

    @TempDir
    private Path folder;

    private void with(String metadata, Consumer<GgufKeys> body) {
        Path file = folder.resolve("small.gguf");
        GgufWriter.write(file, Json.parseObject(metadata, ""), TensorSources.of(Map.of()));
        try (GgufFile read = GgufFile.open(file)) {
            body.accept(GgufKeys.of(read));
        }
    }

    private static void readAll(GgufKeys keys) {
        assertEquals(3, keys.integer("count"));
        assertEquals(3, keys.integer("count", 7));
        assertEquals(0.5, keys.real("scale"));
        assertEquals(Optional.of(1.0), keys.optionalReal("one"));
        assertTrue(keys.flag("flag", false));
        assertEquals("none", keys.string("kind", "linear"));
        assertEquals(List.of(4, 0, 2), keys.integers("heads", 3));
        assertEquals(List.of(3, 3), keys.integers("count", 2));
        assertEquals(1, keys.optionalArray("names").orElseThrow().items().size());
    }

    @Test
    void valuesAreThoseOfTheArchitecture() {
        with(METADATA, keys -> {
            assertEquals("small", keys.architecture());
            readAll(keys);
            assertEquals(7, keys.integer("absent", 7));
            assertEquals(Optional.empty(), keys.optionalInteger("absent"));
            assertFalse(keys.has("absent"));
            keys.requireAllRead();
        });
    }

    /** A key in place of each of the architecture's, by another name, is refused. */
    @Test
    void eachKeyThatWasNotReadIsRefused() {
        for (String key : List.of("count", "scale", "one", "flag", "kind", "heads", "names")) {
            with(METADATA.replace("small." + key + "\"", "small.x" + key + "\""), keys -> {
                keys.ignore("count", "scale", "one", "flag", "kind", "heads", "names");
                assertEquals(
                        keys + ": metadata 'small.x" + key + "' is not supported for the architecture 'small', and may"
                                + " change what the model computes",
                        assertThrows(CheckpointException.class, keys::requireAllRead)
                                .getMessage());
            });
        }
    }

    @Test
    void requiredValuesAreChecked() {
        with(METADATA, keys -> {
            keys.require("count", 3);
            keys.require("one", 1);
            keys.require("flag", true);
            keys.require("kind", "none");
            keys.require("absent", 1);
            assertEquals(
                    keys + ": small.count is 3, which is not supported; it must be 0",
                    assertThrows(CheckpointException.class, () -> keys.require("count", 0))
                            .getMessage());
            assertEquals(
                    keys + ": small.kind is none, which is not supported; it must be yarn",
                    assertThrows(CheckpointException.class, () -> keys.require("kind", "yarn"))
                            .getMessage());
            assertEquals(
                    keys + ": small.flag is true, which is not supported; it must be false",
                    assertThrows(CheckpointException.class, () -> keys.require("flag", false))
                            .getMessage());
            assertThrows(CheckpointException.class, () -> keys.require("kind", 1));
            assertThrows(JsonException.class, () -> keys.integers("heads", 4));
            assertThrows(JsonException.class, () -> keys.integers("names", 1));
        });
    }

    @Test
    void filesThatAreNoModelsAreRefused() {
        for (String type : List.of("adapter", "mmproj", "imatrix")) {
            String metadata = METADATA.replace("\"general.type\": \"model\"", "\"general.type\": \"" + type + "\"");
            assertThrows(CheckpointException.class, () -> with(metadata, _ -> {}));
        }
        String other = METADATA.replace("quantization_version\": 2", "quantization_version\": 3");
        assertThrows(CheckpointException.class, () -> with(other, _ -> {}));
    }

    @Test
    void eachHarmlessKeyHasAReason() {
        assertEquals(Optional.empty(), HarmlessGgufKeys.reason("small", "small.count"));
        assertEquals(Optional.empty(), HarmlessGgufKeys.reason("small", "other.vocab_size"));
        assertTrue(HarmlessGgufKeys.reason("small", "small.vocab_size").isPresent());
        assertTrue(HarmlessGgufKeys.reason("small", "general.author").isPresent());
        HarmlessGgufKeys.reasons().forEach((key, reason) -> assertFalse(reason.isBlank(), key));
    }
}
