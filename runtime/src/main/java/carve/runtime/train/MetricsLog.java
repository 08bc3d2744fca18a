package carve.runtime.train;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The metrics of a run: {@value #FILE}, one JSON object on each line, and the same values as a TensorBoard event file.
 *
 * <pre>{@code
 * {"step":7,"loss":450.6,"losses":{"mean-squared-error@heads":0.45},"layers":{"mean-squared-error@heads":{"0":0.3,"1":0.6}},
 *  "relative_layers":{"mean-squared-error@heads":{"0":0.1,"1":0.2}},"layer_grad_norms":{"0":61.0,"1":67.8},"learning_rate":0.001,"grad_norm":91.2,"tokens_per_second":5120.5,"seconds":3.2}
 * }</pre>
 *
 * <p>{@code loss} is the weighted sum that is made small; {@code losses} have no weights;
 * {@code relative_layers} are parts of the loss that a student of zeros has; {@code layer_grad_norms} are the norms of
 * the gradients of each layer. A resumed run removes the lines
 * after the step that it goes on from, and begins another event file, whose first event makes TensorBoard forget them too.
 */
final class MetricsLog implements AutoCloseable {
    static final String FILE = "metrics.jsonl";

    private final Path file;
    private final BufferedWriter lines;
    private final Optional<TensorBoardWriter> tensorBoard;

    private MetricsLog(Path file, BufferedWriter lines, Optional<TensorBoardWriter> events) {
        this.file = file;
        this.lines = lines;
        this.tensorBoard = events;
    }

    /** Opens the metrics of a folder for the steps after this one. */
    static MetricsLog open(Path folder, long step, boolean tensorboard) {
        Path file = folder.resolve(FILE);
        try {
            Files.createDirectories(folder);
            truncateAfter(file, step);
            BufferedWriter lines = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new MetricsLog(
                    file, lines, tensorboard ? Optional.of(TensorBoardWriter.create(folder, step)) : Optional.empty());
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Removes the lines of later steps from a file of JSON objects. */
    static void truncateAfter(Path file, long step) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        Path rest = file.resolveSibling(file.getFileName() + ".new");
        // bytes that are not text become characters that no line of ours has
        List<String> kept = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> isUpTo(line, step))
                .toList();
        Files.write(rest, kept);
        Files.move(rest, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    // a killed run may have left half a line
    private static boolean isUpTo(String line, long step) {
        try {
            return Json.parseObject(line, FILE).longInteger("step") <= step;
        } catch (JsonException e) {
            return false;
        }
    }

    /** Writes the values of a step. */
    void write(long step, StepMetrics values, double rate, double tokensPerSecond, double seconds) {
        JsonObject line = JsonObject.empty()
                .with("step", step)
                .with("loss", values.loss())
                .with("losses", object(values.losses()))
                .with("layers", layers(values.layerLosses()))
                .with("relative_layers", layers(values.relativeLosses()))
                .with("layer_grad_norms", numbered(values.layerGradientNorms()))
                .with("learning_rate", rate)
                .with("grad_norm", values.gradientNorm())
                .with("tokens_per_second", tokensPerSecond)
                .with("seconds", seconds);
        try {
            lines.write(Json.compact(line));
            lines.newLine();
            lines.flush();
        } catch (IOException e) {
            throw failure(file, e);
        }
        tensorBoard.ifPresent(out -> out.write(step, scalars(values, rate, tokensPerSecond)));
    }

    /** Writes other values of a step for TensorBoard. */
    void write(long step, Map<String, Double> scalars) {
        tensorBoard.ifPresent(out -> out.write(step, scalars));
    }

    private static JsonObject object(Map<String, Double> values) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        values.forEach((key, value) -> members.put(key, JsonNumber.of(value)));
        return JsonObject.of(members);
    }

    private static JsonObject layers(Map<String, Map<Integer, Double>> values) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        values.forEach((label, layers) -> members.put(label, numbered(layers)));
        return JsonObject.of(members);
    }

    private static JsonObject numbered(Map<Integer, Double> values) {
        Map<String, Double> named = new LinkedHashMap<>();
        values.forEach((layer, value) -> named.put(Integer.toString(layer), value));
        return object(named);
    }

    private static Map<String, Double> scalars(StepMetrics values, double rate, double tokensPerSecond) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss", values.loss());
        values.losses().forEach((label, value) -> scalars.put("losses/" + label, value));
        values.layerLosses()
                .forEach((label, layers) ->
                        layers.forEach((layer, value) -> scalars.put("layers/" + label + "/" + layer, value)));
        values.relativeLosses()
                .forEach((label, layers) ->
                        layers.forEach((layer, value) -> scalars.put("relative_layers/" + label + "/" + layer, value)));
        scalars.put("learning_rate", rate);
        scalars.put("grad_norm", values.gradientNorm());
        scalars.put("tokens_per_second", tokensPerSecond);
        return scalars;
    }

    private static CheckpointException failure(Path file, IOException e) {
        return new CheckpointException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
    }

    @Override
    public void close() {
        try (lines) {
            tensorBoard.ifPresent(TensorBoardWriter::close);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }
}
