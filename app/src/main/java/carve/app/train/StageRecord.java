package carve.app.train;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a stage has written until now: {@code metrics.jsonl}, {@code samples.jsonl}, {@code course.json} of what it is about
 * to do, and {@code stage.json}, which stands there once it has ended. Used by one thread.
 */
final class StageRecord {
    static final String METRICS = "metrics.jsonl";

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int SLOW = 20;

    private final Path folder;
    private final FileTail metricLines;
    private final FileTail sampleLines;
    private final List<StepMetrics> metrics = new ArrayList<>();
    private final List<JsonObject> samples = new ArrayList<>();
    private Optional<JsonObject> course = Optional.empty();
    private Optional<String> problem = Optional.empty();
    private Instant lastModified = Instant.EPOCH;
    private boolean ended;

    /** How a stage stands. */
    enum Status {
        /** It has not begun. */
        WAITING,
        /** It goes on. */
        RUNNING,
        /** It was interrupted, or takes unusually long. */
        STOPPED,
        /** It has ended. */
        FINISHED
    }

    StageRecord(Path folder) {
        this.folder = folder;
        this.metricLines = new FileTail(folder.resolve(METRICS));
        this.sampleLines = new FileTail(folder.resolve("samples.jsonl"));
    }

    /** Reads what is new. */
    void read() throws IOException {
        course = object("course.json");
        ended = Files.exists(folder.resolve("stage.json"));
        FileTail.NewLines newLines = metricLines.poll();
        if (newLines.fromStart()) {
            metrics.clear();
            problem = Optional.empty();
        }
        int line = metrics.size();
        for (String text : newLines.lines()) {
            line++;
            take(text, METRICS, line);
        }
        FileTail.NewLines answers = sampleLines.poll();
        if (answers.fromStart()) {
            samples.clear();
        }
        for (String text : answers.lines()) {
            sample(text);
        }
        lastModified = Files.exists(metricLines.path())
                ? Files.getLastModifiedTime(metricLines.path()).toInstant()
                : Instant.EPOCH;
    }

    private Optional<JsonObject> object(String name) {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Optional.of(Json.readObject(file)) : Optional.empty();
    }

    // one bad line says enough; what comes after it may still be good
    private void take(String text, String name, int line) {
        try {
            metrics.add(StepMetrics.of(Json.parseObject(text, name)));
        } catch (JsonException e) {
            if (problem.isEmpty()) {
                problem = Optional.of("%s: %d: is not a line of metrics: %s; it is left out"
                        .formatted(folder.resolve(name), line, e.getMessage()));
            }
        }
    }

    private void sample(String text) {
        try {
            JsonObject line = Json.parseObject(text, "samples.jsonl");
            line.longInteger("step");
            line.array("samples");
            samples.add(line);
        } catch (JsonException e) {
            if (problem.isEmpty()) {
                problem = Optional.of("%s: has a line that is none of samples: %s; it is left out"
                        .formatted(sampleLines.path(), e.getMessage()));
            }
        }
    }

    String name() {
        return folder.getFileName().toString();
    }

    List<StepMetrics> metrics() {
        return metrics;
    }

    List<JsonObject> samples() {
        return samples;
    }

    Optional<JsonObject> schedule() {
        return course;
    }

    Optional<String> problem() {
        return problem;
    }

    /** Returns the number of the last step. */
    long lastStep() {
        return metrics.isEmpty() ? 0 : metrics.getLast().step();
    }

    /** Returns how many steps there are to be; 0 where nobody has said. */
    long totalSteps() {
        return course.map(object -> object.longInteger("steps")).orElse(ended ? lastStep() : 0L);
    }

    /** Returns how it stands. */
    Status status(Instant now) {
        if (metrics.isEmpty()) {
            return course.isPresent() && !ended ? running(now) : Status.WAITING;
        }
        return ended && lastStep() >= totalSteps() ? Status.FINISHED : running(now);
    }

    private Status running(Instant now) {
        double perStep = metrics.isEmpty() ? 0 : metrics.getLast().seconds() / Math.max(1, lastStep());
        Duration patience = Duration.ofMillis(Double.isFinite(perStep) ? (long) (1000 * SLOW * perStep) : 0);
        Duration most = patience.compareTo(PATIENCE) > 0 ? patience : PATIENCE;
        Instant last = lastModified.equals(Instant.EPOCH) ? startTime() : lastModified;
        return last.plus(most).isBefore(now) ? Status.STOPPED : Status.RUNNING;
    }

    /** Returns when it wrote its first file, as far as can be told. */
    Instant startTime() {
        try {
            Path file = folder.resolve("course.json");
            return Files.getLastModifiedTime(Files.exists(file) ? file : metricLines.path())
                    .toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    /** Returns the seconds that the rest will take at the pace until now; NaN where that cannot be told. */
    double remainingSeconds() {
        return lastStep() == 0 || totalSteps() == 0
                ? Double.NaN
                : metrics.getLast().seconds() / lastStep() * (totalSteps() - lastStep());
    }
}
