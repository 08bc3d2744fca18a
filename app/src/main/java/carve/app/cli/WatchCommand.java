package carve.app.cli;

import carve.app.report.Terminal;
import carve.app.serve.web.WatchServer;
import carve.app.train.RunFolders;
import carve.app.train.RunsSnapshot;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve watch}. */
final class WatchCommand implements Command {
    private final Terminal terminal;

    @Inject
    WatchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        WatchCommand.class,
                        "watch",
                        "Show training runs in a browser, live or afterwards: losses, layers, learning rates, speed, and samples of"
                                + " what teacher and student answer.",
                        "RUN is the 'out' folder of a recipe, or a folder with several of them. The page is served to this machine only.")
                .parameter(Path.class, "RUN", "Folder of a run.")
                .option("--port", Integer.class, "N", "Port to listen on; any free port if not given.")
                .flag("--once", "Print a summary as text and exit.")
                .option(
                        "--out",
                        Path.class,
                        "FILE",
                        "Write a self-contained page (.html) or the data (.json), and exit.")
                .example("carve watch runs/hybrid")
                .example("carve watch runs/hybrid --once")
                .example("carve watch runs/hybrid --out hybrid.html")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException, InterruptedException {
        RunFolders folders = new RunFolders(CommandOptions.parameter(arguments, 0));
        RunsSnapshot runsSnapshot = new RunsSnapshot(folders, Clock.systemUTC());
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        if (CommandOptions.hasFlag(arguments, "--once")) {
            runsSnapshot.lines().forEach(terminal::println);
        }
        if (out.isPresent()) {
            runsSnapshot.write(out.get());
            terminal.println("wrote " + out.get());
        }
        if (CommandOptions.hasFlag(arguments, "--once") || out.isPresent()) {
            runsSnapshot.requireUndamaged();
            return 0;
        }
        try (WatchServer server =
                WatchServer.start(folders, CommandOptions.valueOr(arguments, "--port", 0), Clock.systemUTC())) {
            terminal.println("%s shows %s; stop it with Ctrl-C".formatted(server.address(), folders.root()));
            new CountDownLatch(1).await();
            return 0;
        }
    }
}
