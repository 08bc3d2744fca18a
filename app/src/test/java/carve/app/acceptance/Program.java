package carve.app.acceptance;

import carve.app.TestDistribution;
import carve.app.cli.CommandRunner;
import carve.app.report.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;

/** The program as it is installed, with the plugins that are built beside it. */
final class Program {
    /** The official tiny models. */
    static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        Terminal terminal = new Terminal(new PrintWriter(out), new PrintWriter(err, true), false);
        return new CommandRunner(terminal, List.of(TestDistribution.home()), Map.of()).run(line);
    }

    /** Runs a line that must succeed. */
    void good(String... line) {
        Assertions.assertEquals(0, run(line), () -> List.of(line) + ": " + err);
    }

    /** Runs a line that must fail with this message and nothing else, and show no result. */
    void bad(String message, String... line) {
        fails(message, line);
        Assertions.assertEquals("", out.toString());
    }

    /** Runs {@code inspect} on a model that it must refuse with this message, after it told what its configuration says. */
    void badModel(String message, String model) {
        fails(message, "inspect", model);
        Assertions.assertTrue(out.toString().startsWith("model       "), out.toString());
        Assertions.assertFalse(out.toString().contains("LAYER"), out.toString());
    }

    private void fails(String message, String... line) {
        int code = run(line);
        Assertions.assertEquals("carve: " + message + "\n", err.toString());
        Assertions.assertEquals(1, code);
    }

    /**
     * Runs a line that must fail with this message at last, in a process of its own.
     */
    static void badProcess(String message, String... line) throws IOException, InterruptedException {
        Process process =
                TestDistribution.process(line).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Assertions.assertEquals(1, process.waitFor(), printed);
        Assertions.assertTrue(printed.endsWith("carve: " + message + "\n"), printed);
    }
}
