package carve.hocon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of settings includes files of its folder; nothing is fetched, and nothing outside the folder is read. */
final class IncludeTest {
    @TempDir
    private Path work;

    private Path folder;

    @BeforeEach
    void makeTheFolders() throws IOException {
        folder = Files.createDirectories(work.resolve("plans"));
        Files.writeString(work.resolve("secret.conf"), "secret = 1\n");
        Files.createSymbolicLink(folder.resolve("link.conf"), work.resolve("secret.conf"));
        Files.createSymbolicLink(folder.resolve("linked"), work);
    }

    private String told(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("plan.conf"), text);
        return assertThrows(SettingsException.class, () -> Hocon.parseFile(file), text)
                .getMessage();
    }

    @Test
    void nothingIsFetched() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> count(server, asked));
        String url = "http://127.0.0.1:%d/x.conf".formatted(server.getLocalPort());
        try {
            for (String include :
                    List.of("url(\"%s\")", "required(url(\"%s\"))", "\"%s\"", "required(\"%s\")", "file(\"%s\")")) {
                Path file = Files.writeString(
                        folder.resolve("plan.conf"), "a = 1\ninclude " + include.formatted(url) + "\n");
                try {
                    Hocon.parseFile(file);
                } catch (SettingsException e) {
                    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
                }
            }
        } finally {
            server.close();
        }
        assertEquals(0, asked.get());
        assertEquals(
                "%s: 2: include of '%s' is refused: it is a URL; only files in the folder %s are included"
                        .formatted(folder.resolve("plan.conf"), url, folder),
                told("a = 1\ninclude url(\"" + url + "\")\n"));
    }

    private static void count(ServerSocket server, AtomicInteger asked) {
        while (!server.isClosed()) {
            try (Socket _ = server.accept()) {
                asked.incrementAndGet();
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    @Test
    void nothingOutsideTheFolderIsRead() throws IOException {
        for (String include : List.of(
                "\"../secret.conf\"",
                "file(\"../secret.conf\")",
                "\"" + work.resolve("secret.conf") + "\"",
                "file(\"" + work.resolve("secret.conf") + "\")",
                "url(\"" + work.resolve("secret.conf").toUri() + "\")",
                "\"link.conf\"",
                "\"link\"",
                "\"linked/secret.conf\"",
                "classpath(\"reference.conf\")",
                "required(classpath(\"com/typesafe/config/x.conf\"))")) {
            String message = told("\ninclude " + include + "\n");
            assertTrue(message.startsWith(folder.resolve("plan.conf") + ": 2: include of '"), message);
            assertTrue(message.endsWith("only files in the folder " + folder + " are included"), message);
        }
    }

    @Test
    void aTextThatIsNoFileIncludesNothing() {
        var error = assertThrows(SettingsException.class, () -> Hocon.parse("include \"a.conf\"", "the command line"));
        assertEquals(
                "the command line: 1: include of 'a.conf' is refused: it is in a text that is no file; write here what it says",
                error.getMessage());
    }

    @Test
    void filesOfTheFolderAndBelowAreIncluded() throws IOException {
        Files.createDirectories(folder.resolve("parts"));
        Files.writeString(folder.resolve("parts/one.conf"), "one = 1\ninclude \"two\"\n");
        Files.writeString(folder.resolve("parts/two.json"), "{\"two\": 2}");
        Path file =
                Files.writeString(folder.resolve("plan.conf"), "include \"parts/one.conf\"\ninclude \"none.conf\"\n");
        assertEquals(2, Hocon.parseFile(file).integer("two"));
        assertEquals(
                folder.resolve("parts/two.json") + ": 1", Hocon.parseFile(file).origin("two"));
        String message = told("include required(\"none.conf\")");
        assertTrue(message.contains("include of 'none.conf' is refused: it is not there"), message);
    }

    @Test
    void filesThatIncludeThemselvesEnd() throws IOException {
        String message = told("include \"plan.conf\"\ninclude \"plan.conf\"\n");
        assertTrue(message.contains("is one file too many") || message.contains("cycle"), message);
    }
}
