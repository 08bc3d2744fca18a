package carve.app.acceptance;

import carve.app.command.CommandLines;
import carve.app.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The program as it is installed, with the plugins that are built beside it. */
final class Program {
    /** The official tiny models. */
    static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    private static final Path HOME = Path.of("target", "carve");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    Program() {
        Assumptions.assumeTrue(
                Files.isDirectory(HOME.resolve("plugins/models")) && Files.isDirectory(HOME.resolve("plugins/cpu")),
                "the plugins are not in app/target/carve; `mvnw verify` puts them there");
    }

    private int run(String... line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        Terminal terminal = new Terminal(new PrintWriter(out), new PrintWriter(err, true), false);
        return new CommandLines(terminal, List.of(HOME), Map.of()).run(line);
    }

    /** Runs a line that must succeed. */
    void good(String... line) {
        Assertions.assertEquals(0, run(line), () -> List.of(line) + ": " + err);
    }

    /** Runs a line that must fail with this message and nothing else, and show no result. */
    void bad(String message, String... line) {
        int code = run(line);
        Assertions.assertEquals("carve: " + message + "\n", err.toString());
        Assertions.assertEquals(1, code);
        Assertions.assertEquals("", out.toString());
    }

    /**
     * Runs a line that must fail with this message at last, in a process of its own: native libraries of plugins can be loaded
     * once in a process.
     */
    static void badProcess(String message, String... line) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@src/main/dist/carve.args",
                "-Dcarve.home=" + HOME,
                "-p",
                System.getProperty("jdk.module.path"),
                "-cp",
                System.getProperty("java.class.path"),
                "-m",
                "carve.app/carve.app.Main"));
        command.addAll(List.of(line));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Assertions.assertEquals(1, process.waitFor(), printed);
        Assertions.assertTrue(printed.endsWith("carve: " + message + "\n"), printed);
    }
}
