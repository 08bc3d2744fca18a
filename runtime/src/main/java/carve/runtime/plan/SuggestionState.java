package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The measurements that a search for a plan has made, so that it can be continued after it was stopped. Used by one thread.
 *
 * <p>The file has JSON lines: first {@code {"version": 1, "settings": "..."}}, the digest of everything that measurements depend on,
 * then {@code {"of": "batch 0/layer 3", "values": [...]}} for each measurement. A last line that was not written to its end does not
 * count.
 */
public final class SuggestionState {
    private static final int VERSION = 1;

    private final Path file;
    private final Map<String, double[]> known = new LinkedHashMap<>();

    private SuggestionState(Path file) {
        this.file = file;
    }

    /**
     * Opens the file of a search, or begins it.
     *
     * @param digest of everything that measurements depend on
     * @throws SettingsException if the file is from another search
     */
    public static SuggestionState open(Path file, String digest) throws IOException {
        SuggestionState state = new SuggestionState(file);
        List<String> lines = Files.exists(file) ? wholeLines(file) : List.of();
        String head = Json.compact(JsonObject.empty().with("version", VERSION).with("settings", digest));
        if (lines.isEmpty()) {
            Files.writeString(file, head + "\n");
            return state;
        }
        if (!lines.getFirst().equals(head)) {
            throw new SettingsException(
                    "%s: measurements with other settings, data or another model; name another folder, or delete it to begin anew"
                            .formatted(file));
        }
        lines.stream().skip(1).forEach(state::read);
        Files.write(file, lines);
        return state;
    }

    private static List<String> wholeLines(Path file) throws IOException {
        String text = Files.readString(file);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private void read(String line) {
        try {
            JsonObject entry = Json.parseObject(line, file.toString());
            double[] values = entry.array("values").items().stream()
                    .mapToDouble(value -> ((JsonNumber) value).real())
                    .toArray();
            known.put(entry.string("of"), values);
        } catch (JsonException | ClassCastException e) {
            throw new SettingsException("%s: a damaged line; delete the file to begin anew".formatted(file), e);
        }
    }

    /** Returns whether a measurement has been made. */
    public boolean has(String name) {
        return known.containsKey(name);
    }

    /** Returns a measurement, if it has been made. */
    public Optional<double[]> find(String name) {
        return Optional.ofNullable(known.get(name));
    }

    /**
     * Returns a measurement, which is made and written unless that has been done before.
     *
     * @throws SettingsException if a value is not finite
     */
    public double[] measured(String name, Supplier<double[]> measurement) {
        if (!has(name)) {
            double[] values = measurement.get();
            if (!Arrays.stream(values).allMatch(Double::isFinite)) {
                throw new SettingsException(
                        "%s: the measurement is not finite, %s; lower the learning rate of the alignment"
                                .formatted(name, Arrays.toString(values)));
            }
            append(name, values);
            known.put(name, values);
        }
        return known.get(name);
    }

    private void append(String name, double[] values) {
        List<JsonValue> numbers =
                Arrays.stream(values).<JsonValue>mapToObj(JsonNumber::of).toList();
        String line = Json.compact(JsonObject.empty().with("of", name).with("values", new JsonArray(numbers))) + "\n";
        try {
            Files.write(file, line.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
