package carve.app.train;

import carve.api.json.JsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The runs in a folder: the folder itself, or folders in it. Used by one thread. */
public final class RunFolders {
    private static final int DEPTH = 4;
    private static final Duration PAUSE = Duration.ofSeconds(3);

    private final Path root;
    private final Map<Path, StageRecord> known = new HashMap<>();
    private List<Path> found = List.of();
    private Instant searched = Instant.EPOCH;

    /**
     * Makes it for a folder.
     *
     * @throws WatchException if it is not there
     */
    public RunFolders(Path root) {
        if (!Files.isDirectory(root)) {
            throw new WatchException(
                    "%s: no such folder; name the folder of a run, its recipe's 'out'".formatted(root));
        }
        this.root = root;
    }

    /** Returns the folder. */
    public Path root() {
        return root;
    }

    /** Returns the runs as they are now; none where no run has begun. */
    List<RunRecord> read(Instant now) {
        try {
            Map<Path, List<StageRecord>> runs = new TreeMap<>();
            if (searched.plus(PAUSE).isBefore(now)) {
                found = stages();
                searched = now;
            }
            for (Path folder : found) {
                StageRecord stage = known.computeIfAbsent(folder, StageRecord::new);
                stage.read();
                runs.computeIfAbsent(folder.getParent(), _ -> new ArrayList<>()).add(stage);
            }
            List<RunRecord> records = new ArrayList<>();
            runs.forEach((run, stages) -> records.add(RunRecord.of(run, name(run), stages, now)));
            return records;
        } catch (IOException e) {
            throw new WatchException("%s: cannot be read: %s".formatted(root, e.getMessage()), e);
        } catch (JsonException e) {
            throw new WatchException(e.getMessage(), e);
        }
    }

    // of a stage there is first what it is about to do, and then a line for each step
    private List<Path> stages() throws IOException {
        try (Stream<Path> files = Files.walk(root, DEPTH)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.equals(StageRecord.METRICS) || name.equals(StageRecord.SCHEDULE);
                    })
                    .map(file -> file.toAbsolutePath().getParent())
                    .distinct()
                    .sorted()
                    .toList();
        }
    }

    private String name(Path run) {
        Path top = root.toAbsolutePath().normalize();
        boolean inside = run.normalize().startsWith(top) && !run.normalize().equals(top);
        Path shown = inside ? top.relativize(run.normalize()) : run.normalize().getFileName();
        return shown.toString().replace('\\', '/');
    }
}
