package carve.app.cli;

import carve.app.TestDistribution;
import carve.app.report.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs command lines in a test, and keeps what they print. */
public final class CommandHarness {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandRunner commands;

    private CommandHarness(List<Path> home) {
        commands = new CommandRunner(
                new Terminal(new PrintWriter(out), new PrintWriter(err, true), false), home, Map.of());
    }

    /** Returns a program without plugins. */
    public static CommandHarness bare() {
        return new CommandHarness(List.of());
    }

    /** Returns the program with the plugins that are built beside it. */
    public static CommandHarness installed() {
        return new CommandHarness(List.of(TestDistribution.home()));
    }

    /** Runs a line; what earlier ones printed is forgotten. */
    public int run(String... line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return commands.run(line);
    }

    /** Runs a line that must succeed, and returns what it printed. */
    public String succeeds(String... line) {
        int code = run(line);
        if (code != 0) {
            throw new AssertionError("exit code %d of %s: %s".formatted(code, List.of(line), err));
        }
        return out();
    }

    /**
     * Runs a line that must succeed in a process of its own, as a user does, and returns what it printed. Native libraries
     * of plugins can be loaded once in a process.
     */
    String process(String... line) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("carve", ".err");
        Process process =
                TestDistribution.process(line).redirectError(errors.toFile()).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        if (code != 0) {
            throw new AssertionError("exit code %d of %s: %s".formatted(code, List.of(line), Files.readString(errors)));
        }
        return printed;
    }

    public String out() {
        return out.toString();
    }

    public String err() {
        return err.toString();
    }
}
