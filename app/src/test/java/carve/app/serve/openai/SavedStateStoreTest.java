package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.app.integration.TestEngines;
import carve.app.serve.http.ApiException;
import carve.runtime.engine.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Servers that share a folder share its states. */
@Timeout(60)
final class SavedStateStoreTest {
    private static final JsonArray MESSAGES = Json.parseObject(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "test")
            .array("messages");

    @TempDir
    private Path work;

    @Test
    void whatAnotherSavesIsFoundAndWhatItDeletesHasGone() throws IOException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine one = testEngines.small("small", TestEngines.config(0, 0, List.of(work)), true);
                ModelEngine other = testEngines.small("small", TestEngines.config(0, 0, List.of(work)), true)) {
            SavedStateStore ours = SavedStateStore.open(one, 1 << 20).orElseThrow();
            SavedStateStore theirs = SavedStateStore.open(other, 1 << 20).orElseThrow();
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
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void brokenFilesAreLeftOut() throws IOException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("small", TestEngines.config(0, 0, List.of(work)), true)) {
            SavedStateStore states = SavedStateStore.open(engine, 1 << 20).orElseThrow();
            String id = states.save("", 1, "", MESSAGES).string("id");
            Path file;
            try (Stream<Path> files = Files.walk(work)) {
                file = files.filter(one -> one.endsWith(id + ".json"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.writeString(file.resolveSibling("st-000000000000000000000000.json"), "{\"id\": ");
            Files.writeString(file.resolveSibling("notes.json"), "{}");
            SavedStateStore again = SavedStateStore.open(engine, 1 << 20).orElseThrow();
            assertEquals(List.of(id), ids(again));
            String damaged = "st-000000000000000000000000";
            ApiException e = assertThrows(ApiException.class, () -> again.find(damaged));
            assertEquals(404, e.status());
            assertEquals("The file of state '" + damaged + "' is damaged; delete the state.", e.getMessage());
            assertTrue(again.delete(damaged));
            assertTrue(again.find(damaged).isEmpty());
        }
    }

    /** As on a full disk, where nothing can be written. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aStateThatCannotBeWrittenIsRefusedAndLeavesNothing() throws IOException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("small", TestEngines.config(0, 0, List.of(work)), true)) {
            SavedStateStore states = SavedStateStore.open(engine, 1 << 20).orElseThrow();
            // a folder in which even root cannot create a file
            Path folder = work.resolve("saved");
            try (Stream<Path> stores = Files.list(folder)) {
                Path store = stores.findFirst().orElseThrow();
                Files.delete(store);
                Files.createSymbolicLink(store, Path.of("/proc/self/fdinfo"));
            }
            ApiException e = assertThrows(ApiException.class, () -> states.save("", 1, "", MESSAGES));
            assertEquals(507, e.status());
            assertEquals(List.of(), ids(states));
        }
    }

    private static List<String> ids(SavedStateStore states) {
        return states.all().stream().map(state -> state.string("id")).toList();
    }
}
