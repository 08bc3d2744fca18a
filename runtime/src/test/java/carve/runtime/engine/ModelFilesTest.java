package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelFilesTest {
    private static final int SIZE = 12 << 20;

    @TempDir
    private Path work;

    private Path model;
    private Path weights;

    @BeforeEach
    void write() throws IOException {
        model = Files.createDirectory(work.resolve("model"));
        weights = model.resolve("model.safetensors");
        Files.write(weights, new byte[SIZE]);
        Files.writeString(model.resolve("config.json"), "{}");
    }

    private String digest() throws IOException {
        return ModelFiles.of(model).digest(List.of(work.resolve("cache")));
    }

    // at a time that any file system can tell from the one before
    private void overwrite(long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
            file.seek(at);
            int before = file.read();
            file.seek(at);
            file.write(before + 1);
        }
        Files.setLastModifiedTime(
                weights, FileTime.fromMillis(Files.getLastModifiedTime(weights).toMillis() + 2000));
    }

    @Test
    void eachByteCounts() throws IOException {
        String before = digest();
        assertEquals(before, digest());
        assertEquals(before, ModelFiles.of(model).digest(List.of()));
        for (long at : List.of(0L, 70_000L, SIZE / 2 + 100_001L, SIZE - 1L)) {
            overwrite(at);
            String after = digest();
            assertNotEquals(before, after, "byte " + at);
            assertEquals(ModelFiles.of(model).digest(List.of()), after);
            before = after;
        }
    }

    @Test
    void aKeptDigestThatIsBrokenIsComputedAgain() throws IOException {
        String before = digest();
        try (var kept = Files.list(work.resolve("cache").resolve("digests"))) {
            for (Path file : kept.toList()) {
                Files.writeString(file, "{\"stamp\": ");
            }
        }
        assertEquals(before, digest());
    }

    @Test
    void filesThatAreOverwrittenInPlaceAreTold() throws IOException {
        ModelFiles files = ModelFiles.of(model);
        assertEquals(Optional.empty(), files.change());
        overwrite(5);
        assertTrue(files.change().orElseThrow().startsWith("model.safetensors had " + SIZE + " bytes of "));
        ModelFiles again = ModelFiles.of(model);
        try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
            file.setLength(7);
        }
        assertTrue(again.change().orElseThrow().contains(", and has 7 of "));
    }

    @Test
    void filesThatAreReplacedByRenamingDoNotMatter() throws IOException {
        ModelFiles files = ModelFiles.of(model);
        Path other = Files.write(work.resolve("new"), new byte[9]);
        Files.move(other, weights, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(Optional.empty(), files.change());
        Files.delete(weights);
        assertEquals(Optional.empty(), files.change());
    }
}
