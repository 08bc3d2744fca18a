package carve.models;

import carve.api.config.MapSettings;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The mixers of a model's layers in its configuration, where the official layout cannot describe them: {@code
 * carve.layers} of {@code config.json}, an object for each layer with {@code mixer} and {@code settings}.
 */
public final class LayerMixers {
    private LayerMixers() {}

    /** Returns the mixers that a configuration lists, if it has such a list. */
    public static Optional<List<MixerSpec>> read(JsonObject config) {
        return config.optionalObject("carve")
                .filter(carve -> carve.has("layers"))
                .map(carve -> carve.array("layers").items().stream()
                        .map(item -> choice(carve, item))
                        .toList());
    }

    private static MixerSpec choice(JsonObject carve, JsonValue item) {
        if (item instanceof JsonObject layer) {
            return new MixerSpec(
                    layer.string("mixer"),
                    MapSettings.of(layer.object("settings"), "config.json").asTree());
        }
        throw carve.error("layers", "expected an object for each layer, found " + item.describe());
    }

    /** Returns a configuration with a list of its layers' mixers. */
    public static JsonObject write(JsonObject config, List<MixerSpec> choices) {
        List<JsonValue> layers = new ArrayList<>();
        for (MixerSpec choice : choices) {
            layers.add(JsonObject.empty()
                    .with("mixer", choice.name())
                    .with(
                            "settings",
                            json(choice.settings().without(MixerSpec.INIT).toMap())));
        }
        JsonObject carve = config.optionalObject("carve").orElse(JsonObject.empty());
        return config.with("carve", carve.with("layers", new JsonArray(layers)));
    }

    /** Returns a configuration without a list. */
    public static JsonObject remove(JsonObject config) {
        JsonObject rest =
                config.optionalObject("carve").orElse(JsonObject.empty()).without("layers");
        return rest.keys().isEmpty() ? config.without("carve") : config.with("carve", rest);
    }

    private static JsonObject json(Map<?, ?> map) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        map.forEach((key, value) -> members.put(key.toString(), value(value)));
        return JsonObject.of(members);
    }

    private static JsonValue value(Object value) {
        return switch (value) {
            case Map<?, ?> map -> json(map);
            case List<?> list ->
                new JsonArray(list.stream().map(LayerMixers::value).toList());
            case Boolean flag -> new JsonBoolean(flag);
            case Double real -> JsonNumber.of(real);
            case Number number -> JsonNumber.of(number.longValue());
            default -> new JsonString(value.toString());
        };
    }

    /** Returns the mixers of a plan, the teacher's where the plan keeps a layer. */
    public static List<MixerSpec> forPlan(ModelSpec teacher, LayerPlan plan) {
        return IntStream.range(0, plan.layers().size())
                .mapToObj(i -> plan.layers().get(i).isKeep()
                        ? teacher.layers().get(i).mixerSpec()
                        : plan.layers().get(i))
                .toList();
    }

    /**
     * Returns the layers that a plan asks for: those of a model that was read, with mixers by these choices, whose
     * settings may contain more than the configuration does, such as how parameters are initialised.
     */
    public static List<Block> blocks(ModelSpec read, List<MixerSpec> choices, MixerCatalog mixers) {
        return IntStream.range(0, choices.size())
                .mapToObj(i -> read.layers()
                        .get(i)
                        .with(
                                choices.get(i),
                                mixers.create(
                                        choices.get(i).name(),
                                        read.layers().get(i).config(),
                                        choices.get(i).settings())))
                .toList();
    }

    /** Returns the settings of a mixer that belong in its checkpoint; how parameters were initialised does not. */
    public static Map<String, Object> persistentSettings(MixerSpec choice) {
        return choice.settings().without(MixerSpec.INIT).toMap();
    }
}
