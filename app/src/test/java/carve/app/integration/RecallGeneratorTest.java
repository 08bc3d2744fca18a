package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.cli.CommandHarness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecallGeneratorTest {
    private final CommandHarness carve = CommandHarness.installed();

    @TempDir
    private Path folder;

    private List<String> lines(String name, String... more) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "data", "recall", "--out", folder.resolve(name).toString(), "-Dsamples=5", "-Dlengths=[400,500]"));
        line.addAll(List.of(more));
        carve.succeeds(line.toArray(String[]::new));
        return Files.readAllLines(folder.resolve(name).resolve("recall.jsonl"));
    }

    @Test
    void theSeedDecides() throws IOException {
        List<String> lines = lines("one");
        assertEquals(5, lines.size());
        assertEquals(lines, lines("again"));
        assertNotEquals(lines, lines("other", "-Dseed=7"));
    }

    @Test
    void aLineIsATextWithItsAnswer() throws IOException {
        JsonObject text =
                (JsonObject) Json.parse(lines("text", "-Dtasks=[key-value]").getFirst(), "text");
        assertTrue(text.string("text").startsWith("Memorize the following dictionary:\n"));
        assertTrue(text.string("text").matches("(?s).*' is \\d+"));
    }

    @Test
    void messagesAreAQuestionAndItsAnswer() throws IOException {
        JsonObject chat = (JsonObject) Json.parse(
                lines("chat", "-Dtasks=[niah-single-1]", "-Dform=messages").getFirst(), "chat");
        JsonObject answer = (JsonObject) chat.array("messages").items().get(1);
        assertEquals("assistant", answer.string("role"));
        assertTrue(answer.string("content").startsWith("The special magic number for "));
    }

    @Test
    void anUnknownFormIsRefused() {
        assertEquals(
                1, carve.run("data", "recall", "--out", folder.resolve("no").toString(), "-Dform=xml"));
        assertFalse(Files.exists(folder.resolve("no")));
    }
}
