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
 * The files of a stage, read as they grow: {@code metrics.jsonl}, {@code samples.jsonl}, {@code validation.jsonl}, {@code schedule.json} of what it will
 * do, and {@code stage.json}, which is written when it has ended. Confined to one thread.
 */
final class StageRecord {
    static final String METRICS = "metrics.jsonl";
    static final String SCHEDULE = "schedule.json";

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int SLOW = 20;

    private final Path folder;
    private final FileTail metricLines;
    private final FileTail sampleLines;
    private final FileTail validationLines;
    private final List<JsonObject> validation = new ArrayList<>();
    private final List<StepMetrics> metrics = new ArrayList<>();
    private final List<JsonObject> samples = new ArrayList<>();
    private Optional<JsonObject> schedule = Optional.empty();
    private Optional<String> problem = Optional.empty();
    private Instant lastModified = Instant.EPOCH;
    private boolean ended;

    /** The status of a stage. */
    enum Status {
        /** Not started. */
        PENDING,
        /** Running. */
        RUNNING,
        /** Interrupted, or unusually long without a step. */
        STOPPED,
        /** Finished. */
        FINISHED
    }

    StageRecord(Path folder) {
        this.folder = folder;
        this.metricLines = new FileTail(folder.resolve(METRICS));
        this.sampleLines = new FileTail(folder.resolve("samples.jsonl"));
        this.validationLines = new FileTail(folder.resolve("validation.jsonl"));
    }

    /** Reads what was written since the last call. */
    void read() throws IOException {
        schedule = object(SCHEDULE);
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
        FileTail.NewLines measured = validationLines.poll();
        if (measured.fromStart()) {
            validation.clear();
        }
        measured.lines().forEach(this::measured);
        lastModified = Files.exists(metricLines.path())
                ? Files.getLastModifiedTime(metricLines.path()).toInstant()
                : Instant.EPOCH;
    }

    private Optional<JsonObject> object(String name) {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Optional.of(Json.readObject(file)) : Optional.empty();
    }

    // the first invalid line is reported; later ones may be valid again
    private void take(String text, String name, int line) {
        try {
            metrics.add(StepMetrics.of(Json.parseObject(text, name)));
        } catch (JsonException e) {
            if (problem.isEmpty()) {
                problem = Optional.of("%s: %d: not a valid metrics line: %s; skipped"
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
                problem = Optional.of(
                        "%s: invalid line in samples file: %s; skipped".formatted(sampleLines.path(), e.getMessage()));
            }
        }
    }

    private void measured(String text) {
        try {
            JsonObject line = Json.parseObject(text, "validation.jsonl");
            line.longInteger("step");
            line.real("perplexity");
            validation.add(line);
        } catch (JsonException e) {
            if (problem.isEmpty()) {
                problem = Optional.of("%s: invalid line of validation: %s; skipped"
                        .formatted(validationLines.path(), e.getMessage()));
            }
        }
    }

    /** Returns the measurements of the student on samples that are held back, that before the first step included. */
    List<JsonObject> validation() {
        return validation;
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
        return schedule;
    }

    Optional<String> problem() {
        return problem;
    }

    /** Returns the number of the last step. */
    long lastStep() {
        return metrics.isEmpty() ? 0 : metrics.getLast().step();
    }

    /** Returns the total number of steps, or 0 if it is unknown. */
    long totalSteps() {
        return schedule.map(object -> object.longInteger("steps")).orElse(ended ? lastStep() : 0L);
    }

    /** Returns the status. */
    Status status(Instant now) {
        if (metrics.isEmpty()) {
            return schedule.isPresent() && !ended ? running(now) : Status.PENDING;
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

    /** Returns the time of its first file, or the epoch if it has none. */
    Instant startTime() {
        try {
            Path file = folder.resolve(SCHEDULE);
            return Files.getLastModifiedTime(Files.exists(file) ? file : metricLines.path())
                    .toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    /** Returns the estimated seconds until it finishes, or NaN if they cannot be estimated. */
    double remainingSeconds() {
        return lastStep() == 0 || totalSteps() == 0
                ? Double.NaN
                : metrics.getLast().seconds() / lastStep() * (totalSteps() - lastStep());
    }
}
