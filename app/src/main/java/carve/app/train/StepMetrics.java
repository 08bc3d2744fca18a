package carve.app.train;

import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of a step, or their means over some steps.
 *
 * @param step the step; for means, the last one
 * @param loss the weighted sum of the losses
 * @param losses by label
 * @param layerValues by label and layer; under {@value #GRADIENTS} the norms of gradients
 * @param learningRate the learning rate
 * @param gradientNorm the norm of all gradients
 * @param tokensPerSecond positions per second
 * @param seconds from the beginning of the stage
 */
record StepMetrics(
        long step,
        double loss,
        Map<String, Double> losses,
        Map<String, Map<Integer, Double>> layerValues,
        double learningRate,
        double gradientNorm,
        double tokensPerSecond,
        double seconds) {
    static final String GRADIENTS = "layer_grad_norms";
    private static final String LEARNING_RATE = "learning_rate";

    /**
     * Reads a line of metrics.
     *
     * @throws carve.api.json.JsonException if it is none
     */
    static StepMetrics of(JsonObject written) {
        JsonObject line = renamed(renamed(written, "rate", LEARNING_RATE), "gradients", GRADIENTS);
        Map<String, Map<Integer, Double>> layers = new LinkedHashMap<>();
        line.optionalObject("layers")
                .ifPresent(labels -> labels.keys().forEach(label -> layers.put(label, numbered(labels.object(label)))));
        line.optionalObject("relative_layers")
                .ifPresent(labels -> labels.keys()
                        .forEach(label -> layers.put("relative " + label, numbered(labels.object(label)))));
        line.optionalObject(GRADIENTS).ifPresent(norms -> layers.put(GRADIENTS, numbered(norms)));
        layers.values().removeIf(Map::isEmpty);
        return new StepMetrics(
                line.longInteger("step"),
                line.real("loss"),
                named(line.optionalObject("losses")),
                layers,
                line.real(LEARNING_RATE),
                line.optionalReal("grad_norm").orElse(Double.NaN),
                line.optionalReal("tokens_per_second").orElse(Double.NaN),
                line.optionalReal("seconds").orElse(Double.NaN));
    }

    // runs of earlier versions, which may be resumed, have other keys
    private static JsonObject renamed(JsonObject line, String old, String key) {
        return line.value(old)
                .filter(_ -> !line.has(key))
                .map(value -> line.with(key, value))
                .orElse(line);
    }

    private static Map<String, Double> named(Optional<JsonObject> values) {
        Map<String, Double> named = new LinkedHashMap<>();
        values.ifPresent(object -> object.keys().forEach(key -> named.put(key, object.real(key))));
        return named;
    }

    private static Map<Integer, Double> numbered(JsonObject values) {
        Map<Integer, Double> numbered = new TreeMap<>();
        values.members().forEach((key, value) -> numbered.put(layer(values, key), real(values, key, value)));
        return numbered;
    }

    private static int layer(JsonObject values, String key) {
        if (!key.matches("\\d{1,6}")) {
            throw values.error(key, "must be the number of a layer");
        }
        return Integer.parseInt(key);
    }

    private static double real(JsonObject values, String key, JsonValue value) {
        return value instanceof JsonNumber number ? number.real() : values.real(key);
    }

    /** Returns the means of at most so many groups of neighbours. */
    static List<StepMetrics> downsampled(List<StepMetrics> all, int most) {
        int each = (all.size() + most - 1) / most;
        if (each <= 1) {
            return List.copyOf(all);
        }
        List<StepMetrics> thinned = new ArrayList<>();
        for (int from = 0; from < all.size(); from += each) {
            thinned.add(mean(all.subList(from, Math.min(all.size(), from + each))));
        }
        return thinned;
    }

    private static StepMetrics mean(List<StepMetrics> group) {
        StepMetrics last = group.getLast();
        Map<String, Map<Integer, Double>> layers = new LinkedHashMap<>();
        last.layerValues
                .keySet()
                .forEach(label -> layers.put(
                        label,
                        new TreeMap<>(
                                means(group, stepMetrics -> stepMetrics.layerValues.getOrDefault(label, Map.of())))));
        return new StepMetrics(
                last.step,
                mean(group, StepMetrics::loss),
                means(group, StepMetrics::losses),
                layers,
                last.learningRate,
                mean(group, StepMetrics::gradientNorm),
                mean(group, StepMetrics::tokensPerSecond),
                last.seconds);
    }

    private static double mean(List<StepMetrics> group, ToDoubleFunction<StepMetrics> value) {
        return group.stream().mapToDouble(value).average().orElseThrow();
    }

    private static <K> Map<K, Double> means(List<StepMetrics> group, Function<StepMetrics, Map<K, Double>> values) {
        Map<K, Double> sums = new LinkedHashMap<>();
        Map<K, Integer> counts = new LinkedHashMap<>();
        group.forEach(stepMetrics -> values.apply(stepMetrics).forEach((key, value) -> {
            sums.merge(key, value, Double::sum);
            counts.merge(key, 1, Integer::sum);
        }));
        sums.replaceAll((key, sum) -> sum / counts.get(key));
        return sums;
    }
}
