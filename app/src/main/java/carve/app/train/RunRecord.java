package carve.app.train;

import carve.api.data.FileNames;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.app.train.StageRecord.Status;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * The state of a run at some moment.
 *
 * @param name its name in the folder of runs
 * @param manifest the content of {@code run.json}, if there is one
 * @param stages in the order in which they run
 * @param now the moment
 */
record RunRecord(String name, Optional<JsonObject> manifest, List<StageRecord> stages, Instant now) {
    private static final int POINTS = 400;
    private static final MathContext DIGITS = new MathContext(5);

    RunRecord {
        stages = List.copyOf(stages);
    }

    /** Returns the run in a folder, whose stages were read before. */
    static RunRecord of(Path folder, String name, List<StageRecord> begun, Instant now) {
        Path file = folder.resolve("run.json");
        Optional<JsonObject> about = Files.exists(file) ? Optional.of(Json.readObject(file)) : Optional.empty();
        Map<String, StageRecord> byName = new LinkedHashMap<>();
        begun.stream()
                .sorted(Comparator.comparing(StageRecord::startTime))
                .forEach(stage -> byName.put(stage.name(), stage));
        List<StageRecord> ordered = new ArrayList<>();
        about.ifPresent(object -> object.strings("stages").forEach(stage -> {
            StageRecord known = byName.remove(stage);
            ordered.add(known == null ? new StageRecord(stageFolder(object, folder, stage)) : known);
        }));
        ordered.addAll(byName.values());
        return new RunRecord(name, about, ordered, now);
    }

    private static Path stageFolder(JsonObject manifest, Path folder, String stage) {
        return FileNames.resolve(folder, stage)
                .orElseThrow(() -> manifest.error("stages", "'%s' cannot be the name of a folder".formatted(stage)));
    }

    /** Returns the first problem of its files, if there is one. */
    Optional<String> problem() {
        return stages.stream().flatMap(stage -> stage.problem().stream()).findFirst();
    }

    /** Returns the status. */
    Status status() {
        List<Status> all = stages.stream().map(stage -> stage.status(now)).toList();
        if (all.contains(Status.RUNNING)) {
            return Status.RUNNING;
        }
        if (all.stream().allMatch(status -> status == Status.FINISHED)) {
            return Status.FINISHED;
        }
        return all.stream().allMatch(status -> status == Status.PENDING) ? Status.PENDING : Status.STOPPED;
    }

    /** Returns the JSON of the page; many steps are averaged into one point. */
    JsonObject json() {
        JsonObject json = JsonObject.empty()
                .with("name", name)
                .with("status", word(status()))
                .with("stages", new JsonArray(stages.stream().map(this::json).toList()));
        for (String key : List.of("kind", "from", "mixers")) {
            Optional<JsonValue> value = manifest.flatMap(object -> object.value(key));
            json = value.isPresent() ? json.with(key, value.get()) : json;
        }
        return problem().isPresent() ? json.with("problem", problem().get()) : json;
    }

    private static String word(Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private JsonValue json(StageRecord stage) {
        List<StepMetrics> points = StepMetrics.downsampled(stage.metrics(), POINTS);
        JsonObject json = JsonObject.empty()
                .with("name", stage.name())
                .with("status", word(stage.status(now)))
                .with("last_step", stage.lastStep())
                .with("total_steps", stage.totalSteps())
                .with("remaining_seconds", number(stage.remainingSeconds()))
                .with(
                        "steps_per_point",
                        points.isEmpty()
                                ? 1
                                : (long) Math.ceilDiv(stage.metrics().size(), points.size()))
                .with("step", column(points, StepMetrics::step))
                .with("loss", column(points, StepMetrics::loss))
                .with("losses", losses(points))
                .with("learning_rate", column(points, StepMetrics::learningRate))
                .with("grad_norm", column(points, StepMetrics::gradientNorm))
                .with("tokens_per_second", column(points, StepMetrics::tokensPerSecond))
                .with("seconds", column(points, StepMetrics::seconds))
                .with("layer_values", layerValues(points))
                .with("validation", new JsonArray(List.copyOf(stage.validation())))
                .with("samples", new JsonArray(List.copyOf(stage.samples())));
        return stage.schedule().isPresent()
                ? json.with("schedule", stage.schedule().get())
                : json;
    }

    private static JsonObject losses(List<StepMetrics> points) {
        Set<String> labels = new LinkedHashSet<>();
        points.forEach(point -> labels.addAll(point.losses().keySet()));
        JsonObject json = JsonObject.empty();
        for (String label : labels) {
            json = json.with(label, column(points, point -> point.losses().getOrDefault(label, Double.NaN)));
        }
        return json;
    }

    private static JsonObject layerValues(List<StepMetrics> points) {
        Map<String, Set<Integer>> labels = new LinkedHashMap<>();
        points.forEach(point -> point.layerValues()
                .forEach((label, layers) ->
                        labels.computeIfAbsent(label, _ -> new TreeSet<>()).addAll(layers.keySet())));
        JsonObject json = JsonObject.empty();
        for (Map.Entry<String, Set<Integer>> label : labels.entrySet()) {
            List<JsonValue> layers = new ArrayList<>();
            List<JsonValue> values = new ArrayList<>();
            for (int layer : label.getValue()) {
                layers.add(JsonNumber.of(layer));
                values.add(column(
                        points,
                        point -> point.layerValues()
                                .getOrDefault(label.getKey(), Map.of())
                                .getOrDefault(layer, Double.NaN)));
            }
            json = json.with(
                    label.getKey(),
                    JsonObject.empty().with("layers", new JsonArray(layers)).with("values", new JsonArray(values)));
        }
        return json;
    }

    private static JsonArray column(List<StepMetrics> points, ToDoubleFunction<StepMetrics> value) {
        return new JsonArray(
                points.stream().map(point -> number(value.applyAsDouble(point))).toList());
    }

    // more digits do not show on a screen
    private static JsonValue number(double value) {
        if (!Double.isFinite(value)) {
            return new JsonNull();
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return JsonNumber.of((long) value);
        }
        return JsonNumber.of(new BigDecimal(value).round(DIGITS).doubleValue());
    }

    /** Returns the pictures that its samples name. */
    Set<String> pictures() {
        Set<String> pictures = new LinkedHashSet<>();
        stages.forEach(stage -> stage.samples()
                .forEach(line -> line.array("samples").items().forEach(item -> pictures.addAll(pictures(item)))));
        return pictures;
    }

    private static List<String> pictures(JsonValue sample) {
        try {
            return sample instanceof JsonObject object && object.has("images") ? object.strings("images") : List.of();
        } catch (JsonException e) {
            return List.of();
        }
    }
}
