package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads scores of layers from a file; the greater, the more a layer needs its attention. It is CSV with the columns {@code
 * layer,score}, or JSON: a list of numbers, a list of objects with {@code layer} and {@code score}, an object of numbers by layer, or
 * what {@link Suggestion#json} gives.
 *
 * @param file the file
 * @param layers how many layers the model has; each needs a score
 */
record ImportedScores(Path file, int layers) {
    /**
     * Returns the scores in the order of the layers.
     *
     * @throws SettingsException if the file is something else, or does not have one score for each layer
     */
    List<Double> read() throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8).strip();
        Map<Integer, Double> scores = new TreeMap<>();
        if (text.startsWith("[") || text.startsWith("{")) {
            json(Json.parse(text, file.toString()), scores);
        } else {
            csv(text.lines().toList(), scores);
        }
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            if (!scores.containsKey(i)) {
                throw failure("no score for layer %d; the model has %d layers, from 0".formatted(i, layers));
            }
            all.add(scores.get(i));
        }
        return all;
    }

    private SettingsException failure(String problem) {
        return new SettingsException(file + ": " + problem);
    }

    private void json(JsonValue value, Map<Integer, Double> scores) {
        switch (value) {
            case JsonArray list -> {
                for (JsonValue item : list.items()) {
                    if (item instanceof JsonObject object) {
                        put(scores, object.value("layer"), object.value("score"), object.describe());
                    } else {
                        put(scores, scores.size(), number(item));
                    }
                }
            }
            case JsonObject object
            when object.value("layers").orElse(value) instanceof JsonArray list -> json(list, scores);
            case JsonObject object ->
                object.members().forEach((layer, score) -> put(scores, whole(layer, layer), number(score)));
            default ->
                throw failure("found %s; write a list, or an object of scores by layer".formatted(value.describe()));
        }
    }

    private void put(Map<Integer, Double> scores, Optional<JsonValue> layer, Optional<JsonValue> score, String entry) {
        if (layer.isEmpty() || score.isEmpty()) {
            throw failure("found %s; an entry needs 'layer' and 'score'".formatted(entry));
        }
        put(scores, whole(layer.get() instanceof JsonNumber number ? number.text() : "", entry), number(score.get()));
    }

    private void put(Map<Integer, Double> scores, int layer, double score) {
        if (layer < 0 || layer >= layers) {
            throw failure("found a score for layer %d; the model has %d layers, from 0".formatted(layer, layers));
        }
        if (!Double.isFinite(score)) {
            throw failure("the score of layer %d is not finite".formatted(layer));
        }
        if (scores.put(layer, score) != null) {
            throw failure("layer %d has two scores".formatted(layer));
        }
    }

    private double number(JsonValue value) {
        if (value instanceof JsonNumber number) {
            return number.real();
        }
        throw failure("found %s; a score is a number".formatted(value.describe()));
    }

    private int whole(String text, String entry) {
        if (!text.matches("\\d{1,6}")) {
            throw failure("found %s; a layer is a number from 0".formatted(entry));
        }
        return Integer.parseInt(text);
    }

    private void csv(List<String> lines, Map<Integer, Double> scores) {
        List<String> header =
                lines.isEmpty() ? List.of() : cells(lines.getFirst().toLowerCase(Locale.ROOT));
        int layer = header.indexOf("layer");
        int score = header.indexOf("score");
        if (layer < 0 || score < 0) {
            throw failure("found '%s'; the first line of a CSV file must name the columns layer and score"
                    .formatted(lines.isEmpty() ? "" : lines.getFirst()));
        }
        for (int i = 1; i < lines.size(); i++) {
            List<String> cells = cells(lines.get(i));
            String place = "line %d, '%s'".formatted(i + 1, lines.get(i));
            if (cells.size() != header.size() || !cells.get(score).matches("[-+]?[0-9.]+([eE][-+]?\\d+)?")) {
                throw failure(
                        "found %s; it needs %d columns, and a number as its score".formatted(place, header.size()));
            }
            put(scores, whole(cells.get(layer), place), Double.parseDouble(cells.get(score)));
        }
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.split(",", -1)).map(String::strip).toList();
    }
}
