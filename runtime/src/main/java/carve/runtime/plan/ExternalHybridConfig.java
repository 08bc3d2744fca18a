package carve.runtime.plan;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.json.Json;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.runtime.catalog.ConfigFormat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The configuration of another project's hybrid, from which a plan is read: a {@code config.json}, or a recipe in another format
 * as JSON.
 *
 * <p>The keys may be at the root or in a part of the configuration, such as {@code text_config}. mmMamba has two parts, whose
 * layers follow one another. The configuration of a student that Carve wrote is read as well.
 *
 * @param file the file it was read from, for messages
 * @param root its content
 */
public record ExternalHybridConfig(Path file, JsonObject root) {
    private static final Set<String> CARVE_KEYS = Set.of("layers", "repeat", "ratio");
    private static final List<String> LAYER_COUNT_KEYS =
            List.of("num_hidden_layers", "n_layer", "n_layers", "num_layers");
    private static final List<String> PATTERN_KEYS = List.of(
            "hybrid_override_pattern", "hybrid_layer_pattern", "hybrid-override-pattern", "hybrid-layer-pattern");
    private static final List<String> HOVLE = List.of("embedding_config", "llm_config");

    /** A part of the configuration that describes layers. */
    private record Part(String path, JsonObject json) {}

    /**
     * Returns the configuration in a file: YAML or another installed {@link ConfigFormat} by its extension, otherwise JSON.
     *
     * @throws carve.api.json.JsonException if it is JSON that is malformed or cannot be read
     * @throws SettingsException if it is in another format, and malformed or unreadable, or YAML and no format is installed
     */
    public static ExternalHybridConfig read(Path file) {
        Optional<ConfigFormat> format = ConfigFormat.find(file);
        if (format.isEmpty()) {
            return new ExternalHybridConfig(file, Json.readObject(file));
        }
        try {
            return new ExternalHybridConfig(file, format.get().read(file));
        } catch (NoSuchFileException e) {
            throw new SettingsException(file + ": no such file", e);
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Returns whether a file is a configuration, and not a plan, by its extension. */
    public static boolean isConfig(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".json")
                || ConfigFormat.find(file).isPresent();
    }

    private static Set<String> externalKeys() {
        Set<String> keys = new TreeSet<>(LayerPlanReader.LAYOUTS);
        keys.removeAll(CARVE_KEYS);
        return keys;
    }

    /**
     * Returns the plan that the configuration describes.
     *
     * @param words the mixers of its layer names, under {@code words}, and {@code mixers}
     * @param layers the number of layers where the configuration does not say it
     * @throws SettingsException if it describes none, or one that is wrong
     * @throws MissingLayerCountException if the number of layers is needed and neither given nor in the configuration
     */
    public LayerPlan plan(SettingsNode.Section words, OptionalInt layers) {
        if (root.optionalObject("carve").filter(carve -> carve.has("layers")).isPresent()) {
            return listed(root.object("carve"));
        }
        List<MixerSpec> choices = new ArrayList<>();
        for (Part part : parts()) {
            choices.addAll(plan(part, words, layers).layers());
        }
        return new LayerPlan(choices);
    }

    private LayerPlan listed(JsonObject carve) {
        List<MixerSpec> choices = new ArrayList<>();
        for (JsonValue item : carve.array("layers").items()) {
            if (!(item instanceof JsonObject layer)) {
                throw carve.error("layers", "expected an object for each layer, found " + item.describe());
            }
            choices.add(new MixerSpec(
                    layer.string("mixer"),
                    MapSettings.of(layer.object("settings"), file.toString()).asTree()));
        }
        return new LayerPlan(choices);
    }

    /** Returns the keys from which the plan is read, with the parts where they lie. */
    public List<String> layoutKeys() {
        if (root.optionalObject("carve").filter(carve -> carve.has("layers")).isPresent()) {
            return List.of("carve.layers");
        }
        List<String> keys = new ArrayList<>();
        for (Part part : parts()) {
            present(part.json()).forEach(key -> keys.add(part.path().isEmpty() ? key : part.path() + "." + key));
        }
        return keys;
    }

    private LayerPlan plan(Part part, SettingsNode.Section words, OptionalInt given) {
        JsonObject picked = JsonObject.empty();
        for (String key : present(part.json())) {
            picked = picked.with(key, part.json().value(key).orElseThrow());
        }
        String origin = part.path().isEmpty() ? file.toString() : "%s: %s".formatted(file, part.path());
        SettingsNode.Section section = MapSettings.of(picked, origin).asTree();
        TreeSettings settings = new TreeSettings(words.over(section));
        OptionalInt layers = given.isPresent() ? given : count(part);
        LayerPlan plan =
                layers.isPresent() ? LayerPlanReader.read(settings, layers.getAsInt()) : LayerPlanReader.read(settings);
        settings.requireAllRead();
        return plan;
    }

    // a pattern counts feed-forward parts as layers, and says itself how many there are
    private OptionalInt count(Part part) {
        if (PATTERN_KEYS.stream().anyMatch(part.json()::has)) {
            return OptionalInt.empty();
        }
        return Stream.of(part.json(), root)
                .flatMapToInt(json -> LAYER_COUNT_KEYS.stream()
                        .filter(key -> json.optionalInteger(key).isPresent())
                        .mapToInt(json::integer))
                .findFirst();
    }

    private static List<String> present(JsonObject json) {
        return externalKeys().stream()
                .filter(key ->
                        json.value(key).filter(value -> means(key, value)).isPresent())
                .toList();
    }

    private static boolean means(String key, JsonValue value) {
        boolean nothing = value instanceof JsonNull;
        boolean window = key.equals("attn") && !(value instanceof JsonObject attn && attn.has("layers"));
        return !nothing && !window;
    }

    private List<Part> parts() {
        if (!present(root).isEmpty()) {
            return List.of(new Part("", root));
        }
        Map<String, Part> found = new LinkedHashMap<>();
        inside(root, "", found, 3);
        if (found.size() == 1) {
            return List.copyOf(found.values());
        }
        if (found.keySet().equals(Set.copyOf(HOVLE))) {
            return HOVLE.stream().map(found::get).toList();
        }
        throw new SettingsException(
                found.isEmpty()
                        ? "%s: no known layer-layout key found; known keys are %s"
                                .formatted(file, String.join(", ", externalKeys()))
                        : "%s: ambiguous layer layouts in %s; save the one wanted in a separate file"
                                .formatted(file, String.join(", ", found.keySet())));
    }

    private static void inside(JsonObject json, String path, Map<String, Part> found, int depth) {
        json.members().forEach((key, value) -> {
            String inner = path.isEmpty() ? key : path + "." + key;
            if (value instanceof JsonObject object && depth > 0) {
                if (present(object).isEmpty()) {
                    inside(object, inner, found, depth - 1);
                } else {
                    found.put(inner, new Part(inner, object));
                }
            }
        });
    }
}
