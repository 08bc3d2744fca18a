package carve.app.train;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/** Runs as they are at one moment, without a browser. */
public final class RunsSnapshot {
    private final RunFolders folders;
    private final List<RunRecord> runs;

    /**
     * Reads them.
     *
     * @throws WatchException if there is none, or a file of theirs cannot be read
     */
    public RunsSnapshot(RunFolders folders, Clock clock) {
        this.folders = folders;
        this.runs = folders.read(clock.instant());
    }

    /** Returns lines of text that show them. */
    public List<String> lines() {
        requireSome();
        return RunTextReport.lines(runs);
    }

    /**
     * Writes what the page shows: data where the name ends with {@code .json}, or the page itself as one file ({@code .html}).
     *
     * @throws WatchException if the name ends with something else
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        requireSome();
        JsonObject json = RunPageData.json(folders, runs);
        String name = file.getFileName().toString();
        if (name.endsWith(".json")) {
            Files.writeString(file, Json.compact(json) + "\n");
        } else if (name.endsWith(".html")) {
            Files.writeString(file, RunPage.standalone(json));
        } else {
            throw new WatchException(
                    "--out %s: the file name must end in .html (a page) or .json (data)".formatted(file));
        }
    }

    private void requireSome() {
        if (runs.isEmpty()) {
            throw new WatchException(
                    "%s: no training run found: expected stage folders with %s, as carve distill and carve train write them"
                            .formatted(folders.root(), StageRecord.METRICS));
        }
    }

    /**
     * Fails where a file of the runs is damaged.
     *
     * @throws WatchException with the first problem
     */
    public void requireUndamaged() {
        runs.stream().flatMap(run -> run.problem().stream()).findFirst().ifPresent(problem -> {
            throw new WatchException(problem);
        });
    }
}
