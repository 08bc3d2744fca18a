package carve.runtime.train;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.runtime.train.ValidationMetrics.TeacherComparison;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The log of a stage's report: {@value #FILE} in the folder of the stage, one JSON object on each line, and the same as lines for
 * people.
 *
 * <pre>{@code
 * {"step":100,"positions":16320,"perplexity":64.7,"teacher_perplexity":24.0,"kl":0.97,"top_1_agreement":0.61}
 * }</pre>
 *
 * <p>Step 0 is the student as the stage began. A resumed run removes the lines after the step that it goes on from.
 */
final class ValidationLog {
    static final String FILE = "validation.jsonl";
    private static final int WORST = 3;

    private final String stage;
    private final long steps;
    private final StageReport report;
    private final Path file;
    private Optional<ValidationMetrics> start = Optional.empty();

    /** Opens the log of a stage for the steps after this one. */
    ValidationLog(String stage, long steps, StageReport report, Path folder, long step) {
        this.stage = stage;
        this.steps = steps;
        this.report = report;
        this.file = folder.resolve(FILE);
        try {
            MetricsLog.truncateAfter(file, step == 0 ? -1 : step);
            if (Files.exists(file)) {
                start = Files.readAllLines(file).stream().findFirst().flatMap(ValidationLog::firstOf);
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static Optional<ValidationMetrics> firstOf(String line) {
        try {
            JsonObject json = Json.parseObject(line, FILE);
            return json.longInteger("step") == 0 ? Optional.of(ValidationMetrics.of(json)) : Optional.empty();
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    /** Measures the student before the first step. */
    void start(MetricsLog metrics) {
        if (report.config().isDue(0, steps)) {
            measure(0, "", metrics);
        }
    }

    /** Measures the student if it is time, and says so. */
    void step(TrainerState state, StepMetrics values, MetricsLog metrics) {
        if (!report.config().isDue(state.step(), steps)) {
            return;
        }
        measure(state.step(), speed(state), metrics);
        values.losses().keySet().stream()
                .map(label -> loss(label, values))
                .forEach(line -> report.messages().accept("%s, step %d: %s".formatted(stage, state.step(), line)));
    }

    private void measure(long step, String speed, MetricsLog metrics) {
        if (report.validation().isEmpty()) {
            return;
        }
        ValidationMetrics now = report.validation().get().measure();
        start = step == 0 ? Optional.of(now) : start;
        write(step, now);
        metrics.write(step, scalars(now));
        report.messages().accept("%s, step %d of %d: %s%s".formatted(stage, step, steps, text(now, start), speed));
    }

    private void write(long step, ValidationMetrics now) {
        JsonObject line = JsonObject.empty().with("step", step);
        JsonObject values = now.json();
        for (String key : values.keys()) {
            line = line.with(key, values.value(key).orElseThrow());
        }
        try {
            Files.write(
                    file,
                    (Json.compact(line) + "\n").getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private CheckpointException failure(IOException e) {
        return new CheckpointException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
    }

    private static Map<String, Double> scalars(ValidationMetrics now) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("validation/perplexity", now.perplexity());
        now.teacher().ifPresent(comparison -> {
            scalars.put("validation/teacher_perplexity", comparison.perplexity());
            scalars.put("validation/kl", comparison.kl());
            scalars.put("validation/top_1_agreement", comparison.topTokenAgreement());
        });
        return scalars;
    }

    /** Returns the line that says how good a student is: beside its teacher, and beside what it was. */
    static String text(ValidationMetrics now, Optional<ValidationMetrics> start) {
        Optional<TeacherComparison> then = start.flatMap(ValidationMetrics::teacher);
        List<String> parts = new ArrayList<>();
        parts.add("validation perplexity %s%s"
                .formatted(
                        figure(now.perplexity()),
                        aside(
                                now.teacher().map(t -> "teacher " + figure(t.perplexity())),
                                start.map(s -> "start " + figure(s.perplexity())))));
        now.teacher().ifPresent(comparison -> {
            parts.add("KL %s%s"
                    .formatted(
                            figure(comparison.kl()),
                            aside(Optional.empty(), then.map(t -> "start " + figure(t.kl())))));
            parts.add("top-1 agreement %s%s"
                    .formatted(
                            percent(comparison.topTokenAgreement()),
                            aside(Optional.empty(), then.map(t -> "start " + percent(t.topTokenAgreement())))));
        });
        return String.join(", ", parts);
    }

    private static String aside(Optional<String> first, Optional<String> second) {
        List<String> both = new ArrayList<>();
        first.ifPresent(both::add);
        second.ifPresent(both::add);
        return both.isEmpty() ? "" : " (" + String.join(", ", both) + ")";
    }

    private static String figure(double value) {
        return value >= 1000 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.3g", value);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private String speed(TrainerState state) {
        double left = state.seconds() / state.step() * (steps - state.step());
        return String.format(Locale.ROOT, "; %,.0f tokens/s", state.tokens() / Math.max(1e-9, state.seconds()))
                + (state.step() < steps ? ", " + time(left) + " left" : "");
    }

    private static String time(double seconds) {
        return seconds < 60
                ? String.format(Locale.ROOT, "%.0f s", seconds)
                : String.format(Locale.ROOT, "%,.0f min", seconds / 60);
    }

    // without its weight
    private static String loss(String label, StepMetrics values) {
        Map<Integer, Double> relative = values.relativeLosses().getOrDefault(label, Map.of());
        String line = "%s %s".formatted(label, figure(values.losses().get(label)));
        if (relative.isEmpty()) {
            return line;
        }
        double mean = relative.values().stream().mapToDouble(x -> x).average().orElseThrow();
        List<String> worst = relative.entrySet().stream()
                .sorted(Map.Entry.<Integer, Double>comparingByValue().reversed())
                .limit(WORST)
                .map(layer -> "%d (%s)".formatted(layer.getKey(), figure(layer.getValue())))
                .toList();
        return "%s, relative %s (0 equal, 1 as bad as zero), worst layers %s"
                .formatted(line, figure(mean), String.join(", ", worst));
    }
}
