package carve.app;

import carve.app.cli.CommandRunner;
import carve.app.report.Terminal;
import carve.app.serve.http.HttpWarmUp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The program. */
public final class Main {
    private Main() {}

    /**
     * Runs a command line and ends the process with its exit code.
     *
     * @throws IOException if the launcher makes an archive of classes, and no port is available
     */
    public static void main(String[] line) throws IOException {
        if (Boolean.getBoolean("carve.archive")) {
            HttpWarmUp.run();
        }
        Terminal terminal = Terminal.system(Boolean.getBoolean("carve.terminal"));
        List<Path> home = Optional.ofNullable(System.getProperty("carve.home")).map(Path::of).stream()
                .toList();
        System.exit(new CommandRunner(terminal, home, System.getenv()).run(line));
    }
}
