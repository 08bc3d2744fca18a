package carve.distill.training;

import carve.api.checkpoint.Staging;
import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.api.stage.StageContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a stage is about to do, for those who watch it: {@value #FILE}, written before the first step.
 *
 * <pre>{@code
 * {"name": "logits", "steps": 600, "losses": ["kl@logits"], "layers": [1, 2, 4, 5],
 *  "batch_size": 16, "rates": [[1, 0.0], [4, 5.0E-5], ..., [600, 0.0]]}
 * }</pre>
 *
 * <p>{@code layers} are the numbers of the converted layers, {@code rates} the learning rate at some steps, the first and the
 * last among them.
 */
final class Course {
    static final String FILE = "course.json";

    private static final int POINTS = 200;

    private Course() {}

    /** Writes what a stage is about to do into its folder. */
    static void write(TrainingSettings settings, StageContext context) {
        JsonObject course = JsonObject.empty()
                .with("name", settings.name())
                .with("steps", settings.steps())
                .with(
                        "losses",
                        JsonArray.ofStrings(
                                settings.terms().stream().map(Term::label).toList()))
                .with("layers", numbers(context.converted()))
                .with("batch_size", settings.batches().size() * settings.accumulation())
                .with("rates", rates(settings));
        try (Staging staging = Staging.in(context.folder())) {
            staging.write(FILE, Json.print(course).getBytes(StandardCharsets.UTF_8));
            staging.commit();
        }
    }

    private static JsonArray numbers(List<Integer> values) {
        return new JsonArray(
                values.stream().map(value -> (JsonValue) JsonNumber.of(value)).toList());
    }

    private static JsonArray rates(TrainingSettings settings) {
        List<JsonValue> points = new ArrayList<>();
        long steps = settings.steps();
        long count = Math.min(steps, POINTS);
        for (long i = 0; i < count; i++) {
            long step = count == 1 ? 1 : 1 + i * (steps - 1) / (count - 1);
            double rate = settings.optimizer().rate() * settings.schedule().factor(step - 1);
            points.add(new JsonArray(List.of(JsonNumber.of(step), JsonNumber.of(rate))));
        }
        return new JsonArray(points);
    }
}
