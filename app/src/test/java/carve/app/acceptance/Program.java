package carve.app.acceptance;

import carve.app.command.CommandLines;
import carve.app.terminal.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
