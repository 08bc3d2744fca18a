package carve.app.command;

import carve.app.terminal.Terminal;
import carve.app.watch.RunFolders;
import carve.app.watch.WatchServer;
import carve.app.watch.Watching;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve watch}. */
final class WatchCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "watch",
                        "Show runs of training in a browser, while they go on or afterwards: losses, layers, rates, speed, and what"
                                + " teacher and student answer.",
                        "RUN is the 'out' of a recipe, or a folder that has several of them. The page is for this machine alone.")
                .parameter(Path.class, "RUN", "Folder of a run.")
                .option("--port", Integer.class, "N", "Where the page is; without it any port that is free.")
                .flag("--once", "Show it as text and exit.")
                .option("--out", Path.class, "FILE", "Write it and exit: a page of its own (.html) or data (.json).")
                .example("carve watch runs/hybrid")
                .example("carve watch runs/hybrid --once")
                .example("carve watch runs/hybrid --out hybrid.html")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException, InterruptedException {
        Terminal terminal = workshop.terminal();
        RunFolders folders = new RunFolders(Arguments.parameter(arguments, 0));
        Watching watching = new Watching(folders, Clock.systemUTC());
        Optional<Path> out = Arguments.find(arguments, "--out");
        if (Arguments.flagged(arguments, "--once")) {
            watching.lines().forEach(terminal::println);
        }
        if (out.isPresent()) {
            watching.write(out.get());
            terminal.println("wrote " + out.get());
        }
        if (Arguments.flagged(arguments, "--once") || out.isPresent()) {
            watching.requireWhole();
            return 0;
        }
        try (WatchServer server =
                WatchServer.start(folders, Arguments.get(arguments, "--port", 0), Clock.systemUTC())) {
            terminal.println("%s shows %s; Ctrl-C ends it".formatted(server.address(), folders.root()));
            new CountDownLatch(1).await();
            return 0;
        }
    }
}
