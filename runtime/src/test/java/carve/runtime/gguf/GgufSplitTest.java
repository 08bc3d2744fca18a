package carve.runtime.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufTensorType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a model in several GGUF files reads as one, and what is said when files are missing or do not belong together. */
final class GgufSplitTest {
    private static final int FILES = 3;

    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        for (int i = 0; i < FILES; i++) {
            shard(i, FILES).write(file(i));
        }
    }

    private Path file(int number) {
        return folder.resolve("m-%05d-of-%05d.gguf".formatted(number + 1, FILES));
    }

    private static RawGguf shard(int number, int count) {
        RawGguf raw = new RawGguf()
                .with("split.no", number)
                .with("split.count", count)
                .with("split.tensors.count", FILES);
        return (number == 0 ? raw.with("general.architecture", "small") : raw)
                .tensor("t" + number, GgufTensorType.I8.number(), new byte[] {(byte) number, 7}, 2);
    }

    @Test
    void anyFileOpensTheWholeModel() {
        for (int i = 0; i < FILES; i++) {
            try (GgufFile read = GgufFile.open(file(i))) {
                assertEquals(file(0), read.file());
                assertEquals(List.of(file(0), file(1), file(2)), read.files());
                assertEquals("small", read.architecture());
                assertEquals(List.of("t0", "t1", "t2"), List.copyOf(read.names()));
                for (int t = 0; t < FILES; t++) {
                    assertEquals(t, read.data("t" + t).get(ValueLayout.JAVA_BYTE, 0));
                }
            }
        }
    }

    private String refusal(int given) {
        return assertThrows(CheckpointException.class, () -> GgufFile.open(file(given)))
                .getMessage();
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        Files.delete(file(1));
        assertEquals(
                folder + "/m-*.gguf: the model is split into 3 files, of which 1 is missing: m-00002-of-00003.gguf",
                refusal(0));
        Files.delete(file(0));
        assertEquals(
                folder + "/m-*.gguf: the model is split into 3 files, of which 2 are missing: m-00001-of-00003.gguf,"
                        + " m-00002-of-00003.gguf",
                refusal(2));
    }

    @Test
    void filesOfAnotherSplitAreRefused() throws IOException {
        shard(2, FILES).write(file(1));
        assertEquals(file(0) + ": m-00002-of-00003.gguf: 'split.no' is 2, the file's name says 1", refusal(0));
        shard(1, 4).write(file(1));
        assertEquals(file(0) + ": m-00002-of-00003.gguf: 'split.count' is 4, the file's name says 3", refusal(0));
        new RawGguf().with("split.no", 1).with("split.count", FILES).write(file(1));
        assertEquals(file(0) + ": 'split.tensors.count' is 3, but the 3 files have 2 tensors", refusal(0));
        new RawGguf()
                .with("split.no", 1)
                .with("split.count", FILES)
                .tensor("t0", GgufTensorType.I8.number(), new byte[1], 1)
                .write(file(1));
        assertEquals(
                file(0) + ": tensor 't0' is in two files of the split, the second of them m-00002-of-00003.gguf",
                refusal(0));
    }

    @Test
    void aFileThatWasRenamedIsRefused() throws IOException {
        Path renamed = Files.move(file(0), folder.resolve("model.gguf"));
        assertEquals(
                renamed + ": one of 3 files of a model; they must be named NAME-00001-of-00003.gguf and so on",
                assertThrows(CheckpointException.class, () -> GgufFile.open(renamed))
                        .getMessage());
    }
}
