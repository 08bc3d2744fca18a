package carve.app.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GrowingFileTest {
    @TempDir
    private Path folder;

    private Path file;
    private GrowingFile growing;

    @BeforeEach
    void begin() {
        file = folder.resolve("lines");
        growing = new GrowingFile(file);
    }

    private void append(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void eachLineIsReadOnceAndHalfOnesLater() throws IOException {
        assertEquals(List.of(), growing.look().lines());
        append("a\nb\nç");
        assertEquals(List.of("a", "b"), growing.look().lines());
        assertEquals(List.of(), growing.look().lines());
        append("d\n");
        assertEquals(new GrowingFile.Look(false, List.of("çd")), growing.look());
    }

    @Test
    void charactersMayComeInPieces() throws IOException {
        byte[] bytes = "é\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Files.write(file, new byte[] {bytes[0]});
        assertEquals(List.of(), growing.look().lines());
        Files.write(file, new byte[] {bytes[1], bytes[2]}, StandardOpenOption.APPEND);
        assertEquals(List.of("é"), growing.look().lines());
    }

    @Test
    void replacedAndShortenedFilesAreReadAnew() throws IOException {
        append("a\nb\n");
        growing.look();
        Path other = Files.writeString(folder.resolve("other"), "a\nc\nd\n");
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(new GrowingFile.Look(true, List.of("a", "c", "d")), growing.look());
        Files.writeString(file, "e\n");
        assertEquals(new GrowingFile.Look(true, List.of("e")), growing.look());
        Files.delete(file);
        assertEquals(new GrowingFile.Look(true, List.of()), growing.look());
    }
}
