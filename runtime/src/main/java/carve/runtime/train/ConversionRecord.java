package carve.runtime.train;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.stage.StageException;
import carve.runtime.io.FolderTransaction;
import carve.runtime.plan.LayerPlanReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The settings that the first student of a run was converted with, in the file {@value #FILE} of the run's folder: a JSON object of
 * the recipe's keys for the plan and {@code seed}. A run that is resumed does not convert again, so they must be the same.
 *
 * @param settings values by key
 */
record ConversionRecord(Map<String, String> settings) {
    static final String FILE = "conversion-settings.json";

    ConversionRecord {
        settings = Map.copyOf(settings);
    }

    /** Returns the settings of a recipe. */
    static ConversionRecord of(Recipe recipe) {
        Map<String, Object> all = recipe.settings().asTree().toMap();
        Map<String, String> settings = new TreeMap<>();
        settings.put("seed", Long.toString(recipe.seed()));
        all.forEach((key, value) -> {
            if (LayerPlanReader.KEYS.contains(key) || key.equals(LayerPlanReader.PREVIOUS_CHECKPOINT)) {
                settings.put(key, text(value));
            }
        });
        return new ConversionRecord(settings);
    }

    // members in the order of their keys, since the order in a file does not matter
    private static String text(Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> entry.getKey() + " = " + text(entry.getValue()))
                        .sorted()
                        .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(ConversionRecord::text).collect(Collectors.joining(", ", "[", "]"));
            default -> value.toString();
        };
    }

    void write(Path folder) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        new TreeMap<>(settings).forEach((key, value) -> members.put(key, new JsonString(value)));
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            transaction.write(FILE, Json.print(JsonObject.of(members)).getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }

    /**
     * Checks that these are the settings that a folder's student was converted with; runs of earlier versions have none.
     *
     * @throws StageException if they are not
     */
    void requireSame(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return;
        }
        Map<String, String> before = read(file);
        Set<String> keys = new TreeSet<>(settings.keySet());
        keys.addAll(before.keySet());
        List<String> changes = new ArrayList<>();
        for (String key : keys) {
            String was = before.getOrDefault(key, "not set");
            String is = settings.getOrDefault(key, "not set");
            if (!was.equals(is)) {
                changes.add("%s: was %s, is %s".formatted(key, was, is));
            }
        }
        if (!changes.isEmpty()) {
            throw new StageException(
                    ("cannot resume the run in %s, its student was converted with other settings:\n  %s\nrestore them, or start a"
                                    + " new run in another folder")
                            .formatted(folder, String.join("\n  ", changes)));
        }
    }

    private static Map<String, String> read(Path file) {
        try {
            JsonObject json = Json.readObject(file);
            Map<String, String> settings = new TreeMap<>();
            json.keys().forEach(key -> settings.put(key, json.string(key)));
            return settings;
        } catch (JsonException e) {
            throw new StageException(
                    "%s; delete it to resume without a check of the plan".formatted(e.getMessage()), e);
        }
    }
}
