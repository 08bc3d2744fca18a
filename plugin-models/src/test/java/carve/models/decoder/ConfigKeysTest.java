package carve.models.decoder;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import carve.api.checkpoint.CheckpointException;
import carve.api.config.MapSettings;
import carve.api.decoder.HarmlessKeys;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.cpu.CpuDeviceProvider;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * No key of a configuration is ignored in silence: with another value of it logits are others, or the model is refused, or the key
 * is one that is known to change nothing.
 */
final class ConfigKeysTest {
    // keys that change nothing beside others, or within the positions and head widths of a fixture
    private static final Map<String, Predicate<JsonObject>> WITHOUT_EFFECT = Map.ofEntries(
            entry("max_position_embeddings", _ -> true),
            entry("n_positions", _ -> true),
            entry("original_max_position_embeddings", _ -> true),
            entry("max_window_layers", config -> config.has("layer_types") || !usesWindow(config)),
            entry("sliding_window", config -> config.has("use_sliding_window") && !usesWindow(config)),
            entry("use_sliding_window", config -> !config.toString().contains("sliding_attention")),
            entry("no_rope_layer_interval", config -> config.has("no_rope_layers")),
            entry("_sliding_window_pattern", config -> config.has("layer_types")),
            entry("low_freq_factor", _ -> true),
            entry("high_freq_factor", _ -> true),
            entry("norm_before_gate", ConfigKeysTest::isMamba2),
            entry("time_step_min", ConfigKeysTest::isMamba2),
            entry("time_step_rank", ConfigKeysTest::isMamba2),
            entry("beta_fast", ConfigKeysTest::isGptOss),
            entry("beta_slow", ConfigKeysTest::isGptOss),
            entry("truncate", ConfigKeysTest::isGptOss),
            entry("swiglu_limit", ConfigKeysTest::isGptOss),
            entry("num_nextn_predict_layers", _ -> true),
            entry("intermediate_size", ConfigKeysTest::isDenseGranite),
            entry("num_experts_per_tok", ConfigKeysTest::isDenseGranite),
            entry("rope_theta", ConfigKeysTest::turnsOnePair),
            entry("factor", config -> config.toString().contains("dynamic")));

    // its class in Transformers writes keys of Mamba-1 that it does not read
    private static boolean isMamba2(JsonObject config) {
        return config.string("model_type").equals("mamba2");
    }

    // with 12 elements of a head all pairs are beyond both bounds, and no gate reaches the limit
    private static boolean isGptOss(JsonObject config) {
        return config.string("model_type").equals("gpt_oss");
    }

    // keys of experts, of which it has none; Transformers does not read them either
    private static boolean isDenseGranite(JsonObject config) {
        return config.string("model_type").equals("granitemoehybrid") && config.integer("num_local_experts") == 0;
    }

    private static boolean usesWindow(JsonObject config) {
        return config.optionalFlag("use_sliding_window").orElse(true);
    }

    // the first pair turns by one radian for each position, whatever the base
    private static boolean turnsOnePair(JsonObject config) {
        if (config.has("position_embedding_type")
                && config.optionalString("position_embedding_type").isEmpty()) {
            return true; // there is no rotary embedding
        }
        int width = config.integer("hidden_size") / config.integer("num_attention_heads");
        double part = config.optionalObject("rope_parameters")
                .flatMap(rope -> rope.optionalReal("partial_rotary_factor"))
                .or(() -> config.optionalReal("partial_rotary_factor"))
                .or(() -> config.optionalReal("rotary_pct"))
                .orElse(1.0);
        return (int) (part * width) == 2;
    }

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> eachKeyCounts() {
        return TransformersModelContract.folders().map(name -> DynamicTest.dynamicTest(name, () -> check(name)));
    }

    private void check(String name) throws IOException {
        Path model = TransformersModelContract.families().resolve(name);
        JsonObject config = Json.readObject(model.resolve("config.json"));
        Path copy = Files.createDirectories(folder.resolve(name));
        Files.copy(model.resolve("model.safetensors"), copy.resolve("model.safetensors"));
        try (Fixture io = Fixture.open("families/" + name + "/io")) {
            List<ModelInputs> inputs = List.of(
                    TransformersModelContract.inputs(io, "L7s0"), TransformersModelContract.inputs(io, "L64s2"));
            float[] before = logits(copy, config, inputs);
            List<String> ignored = new ArrayList<>();
            for (Change change : changes("", config)) {
                if (mayCount(config, change) && isIgnored(copy, change, inputs, before)) {
                    ignored.add("%s = %s".formatted(change.path(), Json.compact(change.value())));
                }
            }
            assertTrue(ignored.isEmpty(), () -> name + " ignores " + String.join(", ", ignored));
        }
    }

    /** A configuration with another value of one key. */
    private record Change(String path, JsonValue value, JsonObject config) {}

    private static List<Change> changes(String prefix, JsonObject object) {
        List<Change> changes = new ArrayList<>();
        object.members().forEach((key, value) -> {
            String path = prefix + key;
            if (value instanceof JsonObject inner) {
                for (Change change : changes(path + ".", inner)) {
                    changes.add(new Change(change.path(), change.value(), object.with(key, change.config())));
                }
            }
            for (JsonValue other : others(value)) {
                changes.add(new Change(path, other, object.with(key, other)));
            }
        });
        changes.add(new Change(prefix + "unheard_of", new JsonNumber("3"), object.with("unheard_of", 3)));
        return changes;
    }

    private static List<JsonValue> others(JsonValue value) {
        return switch (value) {
            case JsonNumber number ->
                number.whole().isPresent()
                        ? List.of(JsonNumber.of(number.whole().getAsLong() + 1))
                        : List.of(JsonNumber.of(number.real() * 1.5 + 0.01));
            case JsonBoolean flag -> List.of(new JsonBoolean(!flag.value()));
            case JsonNull _ ->
                List.of(JsonNumber.of(3), JsonNumber.of(0.5), new JsonBoolean(true), new JsonString("x"));
            case JsonString text -> List.of(new JsonString("relu"));
            case JsonArray(List<JsonValue> items) ->
                items.isEmpty() ? List.of(new JsonString("x")) : List.of(other(items));
            case JsonObject _ -> List.of();
        };
    }

    private static JsonValue other(List<JsonValue> items) {
        List<JsonValue> changed = new ArrayList<>(items);
        changed.set(0, others(items.getFirst()).getFirst());
        return new JsonArray(changed);
    }

    private static boolean mayCount(JsonObject config, Change change) {
        String key = change.path().substring(change.path().lastIndexOf('.') + 1);
        return !HarmlessKeys.contains(key)
                && !WITHOUT_EFFECT.getOrDefault(key, _ -> false).test(config);
    }

    private static boolean isIgnored(Path folder, Change change, List<ModelInputs> inputs, float[] before)
            throws IOException {
        try {
            return Arrays.equals(before, logits(folder, change.config(), inputs));
        } catch (CheckpointException e) {
            return false;
        }
    }

    private static float[] concatenated(float[]... parts) {
        float[] all =
                new float[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static float[] logits(Path folder, JsonObject config, List<ModelInputs> inputs) throws IOException {
        Files.writeString(folder.resolve("config.json"), Json.print(config));
        try (var device = new CpuDeviceProvider().open(MapSettings.of(Map.of()));
                var open = TransformersModelContract.open(folder);
                LoadedModel model = open.load(device, WeightPrecision.AS_STORED)) {
            float[][] logits = inputs.stream()
                    .map(input -> model.model()
                            .forward(model.params(), input, ActivationRecorder.NONE)
                            .floats())
                    .toArray(float[][]::new);
            return concatenated(logits);
        } catch (RuntimeException e) {
            if (e instanceof CheckpointException) {
                throw e;
            }
            return fail("%s: %s".formatted(folder.getFileName(), Json.compact(config)), e);
        }
    }
}
