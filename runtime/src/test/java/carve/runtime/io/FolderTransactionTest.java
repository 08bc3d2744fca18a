package carve.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.runtime.safetensors.TensorFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class FolderTransactionTest {
    @TempDir
    private Path folder;

    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String read(String name) throws IOException {
        return Files.readString(FolderTransaction.resolve(folder, name).orElseThrow());
    }

    @Test
    void filesAppearTogetherAtTheCommit() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve("gone"), "old");
        try (FolderTransaction folderTransaction = FolderTransaction.begin(folder)) {
            folderTransaction.write("a", text("new a"));
            folderTransaction.write("b", text("new b"));
            folderTransaction.delete("gone");
            folderTransaction.delete("never");
            folderTransaction.delete("a");
            assertEquals("old", read("a"));
            assertEquals(Optional.empty(), FolderTransaction.resolve(folder, "b"));
            folderTransaction.commit();
        }
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
        assertEquals(List.of("a", "b"), TensorFiles.list(folder));
    }

    @Test
    void foldersAreMade() throws IOException {
        Path deep = folder.resolve("x/y");
        try (FolderTransaction folderTransaction = FolderTransaction.begin(deep)) {
            folderTransaction.write("a", text("a"));
            folderTransaction.commit();
            assertEquals(deep, folderTransaction.folder());
        }
        assertEquals(List.of("a"), TensorFiles.list(deep));
    }

    @Test
    void writersOfOneFolderDoNotRemoveEachOthersFiles() throws IOException {
        try (FolderTransaction one = FolderTransaction.begin(folder)) {
            one.write("a", text("one"));
            try (FolderTransaction other = FolderTransaction.begin(folder)) {
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
        FolderTransaction.begin(folder).close();
        assertEquals(List.of("kept"), TensorFiles.list(folder));
    }

    // what a writer killed after its first rename leaves
    private void killedHalfway() throws IOException {
        Files.writeString(folder.resolve("a"), "new a");
        Files.writeString(folder.resolve("b"), "old b");
        Files.writeString(folder.resolve("gone"), "old");
        Files.writeString(folder.resolve(".tmp-1.2.dead-b"), "new b");
        Files.writeString(folder.resolve(".tmp-1.2.dead-lock"), "");
        Files.writeString(folder.resolve(FolderTransaction.JOURNAL), """
                {"rename": {".tmp-1.2.dead-a": "a", ".tmp-1.2.dead-b": "b"}, "delete": ["gone"]}""");
    }

    @Test
    void readersSeeACommitThatWasKilledHalfwayAsDone() throws IOException {
        killedHalfway();
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
        assertEquals(Optional.empty(), FolderTransaction.resolve(folder, "gone"));
    }

    @Test
    void theNextWriterFinishesACommitThatWasKilledHalfway() throws IOException {
        killedHalfway();
        FolderTransaction.begin(folder).close();
        assertEquals(List.of("a", "b"), TensorFiles.list(folder));
        assertEquals("new a", read("a"));
        assertEquals("new b", read("b"));
    }

    @Test
    void journalsThatLeaveTheFolderAreRefused() throws IOException {
        Path journal = folder.resolve(FolderTransaction.JOURNAL);
        Files.writeString(journal, "{\"rename\": {\".tmp-x\": \"../a\"}, \"delete\": []}");
        refuses("'../a' is not the name of a file in a folder", () -> FolderTransaction.begin(folder));
        Files.writeString(journal, "{\"rename\": {\"../.tmp-x\": \"a\"}, \"delete\": []}");
        refuses(journal + ": '../.tmp-x' is not the name of an unfinished file", () -> FolderTransaction.begin(folder));
        Files.writeString(journal, "{\"rename\": {}, \"delete\": [\"..\"]}");
        refuses("'..' is not the name of a file in a folder", () -> FolderTransaction.resolve(folder, "a"));
        Files.writeString(journal, "{");
        refuses(
                "%s: cannot be read: %s: 1:2: expected a key in double quotes, found the end of the text"
                        .formatted(journal, journal),
                () -> FolderTransaction.begin(folder));
    }

    @Test
    void namesWithFoldersAreRefused() {
        try (FolderTransaction folderTransaction = FolderTransaction.begin(folder)) {
            for (String name : new String[] {"", ".", "..", "a/b", "../a", "a\\b", "a\0", ".tmp-a", ".commit.json"}) {
                refuses("'" + name + "' is not the name of a file in a folder", () -> folderTransaction.create(name));
            }
        }
    }

    @Test
    void aFileThatCannotBeReplacedFailsTheCommitAndNothingIsLost() throws IOException {
        Files.createDirectories(folder.resolve("a/inside"));
        try (FolderTransaction folderTransaction = FolderTransaction.begin(folder)) {
            folderTransaction.write("a", text("new"));
            String message = assertThrows(CheckpointException.class, folderTransaction::commit)
                    .getMessage();
            assertTrue(message.startsWith(folder.resolve("a") + ": cannot be written: "), message);
            assertTrue(message.endsWith("; the previous content is unchanged"), message);
        }
        assertEquals(List.of("a"), TensorFiles.list(folder));
    }
}
