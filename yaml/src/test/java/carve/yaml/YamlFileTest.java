package carve.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.CarveException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** YAML of strangers is read within bounds, or refused with the name of its file. */
final class YamlFileTest {
    @TempDir
    private Path folder;

    private String told(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("config.yaml"), text);
        return assertThrows(CarveException.class, () -> YamlFile.read(file)).getMessage();
    }

    private static String aliases(int levels, int copies) {
        StringBuilder text = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i <= levels; i++) {
            String copy = "*a" + (i - 1);
            text.append(
                    "a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", java.util.Collections.nCopies(copies, copy))));
        }
        return text.toString();
    }

    @Test
    void aliasesThatMultiplyAreRefused() throws IOException {
        for (String text : List.of(aliases(24, 2), aliases(9, 9), aliases(16, 3))) {
            String message = told(text);
            assertTrue(message.startsWith(folder.resolve("config.yaml").toString()), message);
        }
        assertEquals(
                folder.resolve("config.yaml")
                        + ": aliases (*) make more than 200000 values of it or nest it more than 64 levels deep",
                told(aliases(24, 2)));
        told("a: &a [*a, *a]");
        told("a: &a {b: *a, c: *a}");
    }

    @Test
    void deepTextsAreRefused() throws IOException {
        assertEquals(
                folder.resolve("config.yaml") + ": 2: brackets are nested more than 64 deep, the limit",
                told("a: 1\nb: " + "[".repeat(5000)));
        for (String open : List.of("[", "{a: ", "- ", "? ", "!!map {", "a: {", "&a [")) {
            assertTrue(told(open.repeat(30_000)).startsWith(folder.toString()), open);
        }
    }

    @Test
    void keysThatAreNoTextsAndBytesThatAreNoTextAreRefused() throws IOException {
        String message = told("? [a]\n: b");
        assertTrue(message.startsWith(folder.resolve("config.yaml").toString()), message);
        Path file = Files.write(folder.resolve("bytes.yaml"), "a: \u00ff".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(assertThrows(CarveException.class, () -> YamlFile.read(file))
                .getMessage()
                .endsWith("expected UTF-8, found bytes that are not"));
    }

    @Test
    void aliasesThatRepeatAreRead() throws IOException {
        Path file = Files.writeString(folder.resolve("good.yaml"), "a: &a [x, y]\nb: *a\n");
        assertEquals(List.of("x", "y"), YamlFile.read(file).strings("b"));
    }
}
