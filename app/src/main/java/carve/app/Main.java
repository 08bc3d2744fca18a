package carve.app;

import carve.app.cli.CommandRunner;
import carve.app.report.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The program. */
public final class Main {
    private Main() {}

    /** Runs a command line and ends the process with its exit code. */
    public static void main(String[] line) {
        Terminal terminal = Terminal.system(Boolean.getBoolean("carve.terminal"));
        List<Path> home = Optional.ofNullable(System.getProperty("carve.home")).map(Path::of).stream()
                .toList();
        System.exit(new CommandRunner(terminal, home, System.getenv()).run(line));
    }
}
