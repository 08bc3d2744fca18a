package carve.app.watch;

import carve.api.config.Json;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
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
    private final GrowingFile metricLines;
    private final GrowingFile sampleLines;
    private final List<Metric> metrics = new ArrayList<>();
    private final List<JsonObject> samples = new ArrayList<>();
    private Optional<JsonObject> course = Optional.empty();
    private Optional<String> problem = Optional.empty();
    private Instant touched = Instant.EPOCH;
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
        this.metricLines = new GrowingFile(folder.resolve(METRICS));
        this.sampleLines = new GrowingFile(folder.resolve("samples.jsonl"));
    }

    /** Reads what is new. */
    void read() throws IOException {
        course = object("course.json");
        ended = Files.exists(folder.resolve("stage.json"));
        GrowingFile.Look look = metricLines.look();
        if (look.anew()) {
            metrics.clear();
            problem = Optional.empty();
        }
        int line = metrics.size();
        for (String text : look.lines()) {
            line++;
            take(text, METRICS, line);
        }
        GrowingFile.Look answers = sampleLines.look();
        if (answers.anew()) {
            samples.clear();
        }
        for (String text : answers.lines()) {
            sample(text);
        }
        touched = Files.exists(metricLines.path())
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
            metrics.add(Metric.of(Json.parseObject(text, name)));
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

    List<Metric> metrics() {
        return metrics;
    }

    List<JsonObject> samples() {
        return samples;
    }

    Optional<JsonObject> course() {
        return course;
    }

    Optional<String> problem() {
        return problem;
    }

    /** Returns the number of the last step. */
    long done() {
        return metrics.isEmpty() ? 0 : metrics.getLast().step();
    }

    /** Returns how many steps there are to be; 0 where nobody has said. */
    long steps() {
        return course.map(object -> object.longInteger("steps")).orElse(ended ? done() : 0L);
    }

    /** Returns how it stands. */
    Status status(Instant now) {
        if (metrics.isEmpty()) {
            return course.isPresent() && !ended ? running(now) : Status.WAITING;
        }
        return ended && done() >= steps() ? Status.FINISHED : running(now);
    }

    private Status running(Instant now) {
        double perStep = metrics.isEmpty() ? 0 : metrics.getLast().seconds() / Math.max(1, done());
        Duration patience = Duration.ofMillis(Double.isFinite(perStep) ? (long) (1000 * SLOW * perStep) : 0);
        Duration most = patience.compareTo(PATIENCE) > 0 ? patience : PATIENCE;
        Instant last = touched.equals(Instant.EPOCH) ? begun() : touched;
        return last.plus(most).isBefore(now) ? Status.STOPPED : Status.RUNNING;
    }

    /** Returns when it wrote its first file, as far as can be told. */
    Instant begun() {
        try {
            Path file = folder.resolve("course.json");
            return Files.getLastModifiedTime(Files.exists(file) ? file : metricLines.path())
                    .toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    /** Returns the seconds that the rest will take at the pace until now; NaN where that cannot be told. */
    double left() {
        return done() == 0 || steps() == 0 ? Double.NaN : metrics.getLast().seconds() / done() * (steps() - done());
    }
}
