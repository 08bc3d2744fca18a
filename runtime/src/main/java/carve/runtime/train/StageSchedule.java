package carve.runtime.train;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.stage.LossTerm;
import carve.runtime.io.FolderTransaction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The plan of a stage for {@code carve watch}: {@value #FILE}, written before the first step.
 *
 * <pre>{@code
 * {"name": "logits", "steps": 600, "losses": ["kl@logits"], "layers": [1, 2, 4, 5],
 *  "batch_size": 16, "learning_rates": [[1, 0.0], [4, 5.0E-5], ..., [600, 0.0]]}
 * }</pre>
 *
 * <p>{@code layers} are the numbers of the converted layers, {@code rates} the learning rate at some steps, the first and the
 * last among them.
 */
final class StageSchedule {
    static final String FILE = "schedule.json";

    private static final int POINTS = 200;

    private StageSchedule() {}

    /** Writes what a stage is about to do into its folder. */
    static void write(TrainingStage stage, StageContext context) {
        JsonObject course = JsonObject.empty()
                .with("name", stage.name())
                .with("steps", stage.config().steps())
                .with(
                        "losses",
                        JsonArray.ofStrings(stage.stage().losses().stream()
                                .map(LossTerm::label)
                                .toList()))
                .with("layers", numbers(context.converted()))
                .with(
                        "batch_size",
                        stage.config().batches().batchSize() * stage.config().accumulationSteps())
                .with("learning_rates", learningRates(stage.config()));
        try (FolderTransaction folderTransaction = FolderTransaction.begin(context.folder())) {
            folderTransaction.write(FILE, Json.print(course).getBytes(StandardCharsets.UTF_8));
            folderTransaction.commit();
        }
    }

    private static JsonArray numbers(List<Integer> values) {
        return new JsonArray(
                values.stream().map(value -> (JsonValue) JsonNumber.of(value)).toList());
    }

    private static JsonArray learningRates(TrainingConfig settings) {
        List<JsonValue> points = new ArrayList<>();
        long steps = settings.steps();
        long count = Math.min(steps, POINTS);
        for (long i = 0; i < count; i++) {
            long step = count == 1 ? 1 : 1 + i * (steps - 1) / (count - 1);
            double rate = settings.optimizer().learningRate()
                    * settings.learningRateSchedule().factor(step - 1);
            points.add(new JsonArray(List.of(JsonNumber.of(step), JsonNumber.of(rate))));
        }
        return new JsonArray(points);
    }
}
