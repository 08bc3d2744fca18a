package carve.app.train;

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

final class FileTailTest {
    @TempDir
    private Path folder;

    private Path file;
    private FileTail growing;

    @BeforeEach
    void begin() {
        file = folder.resolve("lines");
        growing = new FileTail(file);
    }

    private void append(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void eachLineIsReadOnceAndHalfOnesLater() throws IOException {
        assertEquals(List.of(), growing.poll().lines());
        append("a\nb\nç");
        assertEquals(List.of("a", "b"), growing.poll().lines());
        assertEquals(List.of(), growing.poll().lines());
        append("d\n");
        assertEquals(new FileTail.NewLines(false, List.of("çd")), growing.poll());
    }

    @Test
    void charactersMayComeInPieces() throws IOException {
        byte[] bytes = "é\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Files.write(file, new byte[] {bytes[0]});
        assertEquals(List.of(), growing.poll().lines());
        Files.write(file, new byte[] {bytes[1], bytes[2]}, StandardOpenOption.APPEND);
        assertEquals(List.of("é"), growing.poll().lines());
    }

    @Test
    void replacedAndShortenedFilesAreReadAnew() throws IOException {
        append("a\nb\n");
        growing.poll();
        Path other = Files.writeString(folder.resolve("other"), "a\nc\nd\n");
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(new FileTail.NewLines(true, List.of("a", "c", "d")), growing.poll());
        Files.writeString(file, "e\n");
        assertEquals(new FileTail.NewLines(true, List.of("e")), growing.poll());
        Files.delete(file);
        assertEquals(new FileTail.NewLines(true, List.of()), growing.poll());
    }
}
