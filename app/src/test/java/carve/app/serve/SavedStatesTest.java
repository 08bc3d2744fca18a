package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.app.engine.Engines;
import carve.app.engine.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that share a folder share its states. */
@Timeout(60)
final class SavedStatesTest {
    private static final JsonArray MESSAGES = Json.parseObject(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "test")
            .array("messages");

    @TempDir
    private Path work;

    @Test
    void whatAnotherSavesIsFoundAndWhatItDeletesHasGone() throws IOException {
        Engines engines = new Engines();
        try (ModelEngine one = engines.small("small", Engines.config(0, 0, List.of(work)), true);
                ModelEngine other = engines.small("small", Engines.config(0, 0, List.of(work)), true)) {
            SavedStates ours = SavedStates.of(one, 1 << 20).orElseThrow();
            SavedStates theirs = SavedStates.of(other, 1 << 20).orElseThrow();
            String id = theirs.save("", 1, "", MESSAGES).string("id");
            assertEquals(MESSAGES, ours.find(id).orElseThrow().array("messages"));
            assertEquals(List.of(id), ids(ours));
            String second = ours.save(id, 1, "", MESSAGES).string("id");
            assertTrue(theirs.delete(id));
            assertTrue(ours.find(id).isEmpty());
            assertFalse(ours.delete(id));
            assertEquals(List.of(second), ids(ours));
            assertEquals(List.of(second), ids(theirs));
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void brokenFilesAreLeftOut() throws IOException {
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("small", Engines.config(0, 0, List.of(work)), true)) {
            SavedStates states = SavedStates.of(engine, 1 << 20).orElseThrow();
            String id = states.save("", 1, "", MESSAGES).string("id");
            Path file;
            try (Stream<Path> files = Files.walk(work)) {
                file = files.filter(one -> one.endsWith(id + ".json"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.writeString(file.resolveSibling("st-000000000000000000000000.json"), "{\"id\": ");
            Files.writeString(file.resolveSibling("notes.json"), "{}");
            SavedStates again = SavedStates.of(engine, 1 << 20).orElseThrow();
            assertEquals(List.of(id), ids(again));
            assertTrue(again.find("st-000000000000000000000000").isEmpty());
        }
    }

    private static List<String> ids(SavedStates states) {
        return states.all().stream().map(state -> state.string("id")).toList();
    }
}
