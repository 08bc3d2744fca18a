package carve.bench.comparison;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The gathered measurements: the lines of all files of a kind, by the beginnings of their names.
 *
 * @param folder the folder of the files
 */
record MeasurementFiles(Path folder) {
    /** Returns the lines of the files whose names begin so. */
    List<JsonObject> lines(String prefix) throws IOException {
        var files = new TreeMap<String, Path>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, prefix + "*.jsonl")) {
            all.forEach(file -> files.put(file.getFileName().toString(), file));
        }
        List<JsonObject> lines = new ArrayList<>();
        for (Path file : files.values()) {
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank()) {
                    lines.add(Json.parseObject(line, file.getFileName().toString()));
                }
            }
        }
        return lines;
    }

    /** Returns the median over all repetitions of all rounds of our tokens per second. */
    OptionalDouble carve(String model, String test) throws IOException {
        return median(
                lines("ours-"),
                line -> line.string("model").equals(model + ".gguf")
                        && line.string("test").equals(test),
                line -> numbers(line, "seconds").stream()
                        .map(seconds -> line.integer("tokens") / seconds)
                        .toList());
    }

    /** Returns the same of llama.cpp's. */
    OptionalDouble llamaCpp(String model, int prompt, int answer) throws IOException {
        return median(
                lines("llama.cpp-"),
                line -> Path.of(line.string("model_filename")).endsWith(model + ".gguf")
                        && line.integer("n_prompt") == prompt
                        && line.integer("n_gen") == answer,
                line -> numbers(line, "samples_ts"));
    }

    /** Returns the same of another peer, whose lines have model, test and tokens-per-second. */
    OptionalDouble peer(String peer, String model, String test) throws IOException {
        return median(
                lines(peer),
                line -> line.string("model").equals(model)
                        && line.string("test").equals(test),
                line -> List.of(line.real("tokens-per-second")));
    }

    /** Makes numbers of a line. */
    interface ValueReader {
        /** Returns them. */
        List<Double> of(JsonObject line);
    }

    /** Returns the median of the numbers of the lines that a predicate takes, if there are some. */
    static OptionalDouble median(List<JsonObject> lines, Predicate<JsonObject> takes, ValueReader valueReader) {
        List<Double> all = lines.stream()
                .filter(takes)
                .flatMap(line -> valueReader.of(line).stream())
                .sorted()
                .toList();
        return all.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of((all.get((all.size() - 1) / 2) + all.get(all.size() / 2)) / 2);
    }

    static List<Double> numbers(JsonObject line, String key) {
        return line.optionalArray(key).map(JsonArray::items).orElse(List.of()).stream()
                .map(value -> ((JsonNumber) value).real())
                .toList();
    }
}
