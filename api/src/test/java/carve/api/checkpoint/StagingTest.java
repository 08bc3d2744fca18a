package carve.api.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class StagingTest {
    @TempDir
    private Path folder;

    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String read(String name) throws IOException {
        return Files.readString(Staging.resolve(folder, name).orElseThrow());
    }

    @Test
    void filesAppearTogetherAtTheCommit() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve("gone"), "old");
        try (Staging staging = Staging.in(folder)) {
            staging.write("a", text("new a"));
            staging.write("b", text("new b"));
            staging.delete("gone");
            staging.delete("never");
            staging.delete("a");
            assertEquals("old", read("a"));
            assertEquals(Optional.empty(), Staging.resolve(folder, "b"));
            staging.commit();
        }
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
        assertEquals(List.of("a", "b"), TensorFiles.list(folder));
    }

    @Test
    void foldersAreMade() throws IOException {
        Path deep = folder.resolve("x/y");
        try (Staging staging = Staging.in(deep)) {
            staging.write("a", text("a"));
            staging.commit();
            assertEquals(deep, staging.folder());
        }
        assertEquals(List.of("a"), TensorFiles.list(deep));
    }

    @Test
    void writersOfOneFolderDoNotRemoveEachOthersFiles() throws IOException {
        try (Staging one = Staging.in(folder)) {
            one.write("a", text("one"));
            try (Staging other = Staging.in(folder)) {
                other.write("b", text("other"));
                other.commit();
            }
            one.commit();
        }
        assertEquals(List.of("a", "b"), TensorFiles.list(folder));
    }

    @Test
    void leftoversOfOthersAreRemoved() throws IOException {
        Files.writeString(folder.resolve(".tmp-1.2.dead-x.safetensors"), "half");
        Files.writeString(folder.resolve(".tmp-1.2.dead-lock"), "");
        Files.writeString(folder.resolve(".tmp-strange"), "half");
        Files.writeString(folder.resolve("kept"), "x");
        Staging.in(folder).close();
        assertEquals(List.of("kept"), TensorFiles.list(folder));
    }

    // what a writer killed after its first rename leaves
    private void killedHalfway() throws IOException {
        Files.writeString(folder.resolve("a"), "new a");
        Files.writeString(folder.resolve("b"), "old b");
        Files.writeString(folder.resolve("gone"), "old");
        Files.writeString(folder.resolve(".tmp-1.2.dead-b"), "new b");
        Files.writeString(folder.resolve(".tmp-1.2.dead-lock"), "");
        Files.writeString(folder.resolve(Staging.JOURNAL), """
                {"rename": {".tmp-1.2.dead-a": "a", ".tmp-1.2.dead-b": "b"}, "delete": ["gone"]}""");
    }

    @Test
    void readersSeeACommitThatWasKilledHalfwayAsDone() throws IOException {
        killedHalfway();
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
        assertEquals(Optional.empty(), Staging.resolve(folder, "gone"));
    }

    @Test
    void theNextWriterFinishesACommitThatWasKilledHalfway() throws IOException {
        killedHalfway();
        Staging.in(folder).close();
        assertEquals(List.of("a", "b"), TensorFiles.list(folder));
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
    }

    @Test
    void journalsThatLeaveTheFolderAreRefused() throws IOException {
        Path journal = folder.resolve(Staging.JOURNAL);
        Files.writeString(journal, "{\"rename\": {\".tmp-x\": \"../a\"}, \"delete\": []}");
        refuses("'../a' is not the name of a file in a folder", () -> Staging.in(folder));
        Files.writeString(journal, "{\"rename\": {\"../.tmp-x\": \"a\"}, \"delete\": []}");
        refuses(journal + ": '../.tmp-x' is not the name of an unfinished file", () -> Staging.in(folder));
        Files.writeString(journal, "{\"rename\": {}, \"delete\": [\"..\"]}");
        refuses("'..' is not the name of a file in a folder", () -> Staging.resolve(folder, "a"));
        Files.writeString(journal, "{");
        refuses(
                "%s: cannot be read: %s: 1:2: expected a key in double quotes, found the end of the text"
                        .formatted(journal, journal),
                () -> Staging.in(folder));
    }

    @Test
    void namesWithFoldersAreRefused() {
        try (Staging staging = Staging.in(folder)) {
            for (String name : new String[] {"", ".", "..", "a/b", "../a", "a\\b", "a\0", ".tmp-a", ".commit.json"}) {
                refuses("'" + name + "' is not the name of a file in a folder", () -> staging.create(name));
            }
        }
    }

    @Test
    void aFileThatCannotBeReplacedFailsTheCommitAndNothingIsLost() throws IOException {
        Files.createDirectories(folder.resolve("a/inside"));
        try (Staging staging = Staging.in(folder)) {
            staging.write("a", text("new"));
            String message =
                    assertThrows(CheckpointException.class, staging::commit).getMessage();
            assertTrue(message.startsWith(folder.resolve("a") + ": cannot be written: "), message);
            assertTrue(message.endsWith("; what was there before is unchanged"), message);
        }
        assertEquals(List.of("a"), TensorFiles.list(folder));
    }
}
