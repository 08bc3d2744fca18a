package carve.models.decoder;

import carve.api.config.MapSettings;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.mixer.LayerConfig;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelFamily;
import carve.models.LayerMixers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The file {@code mamba_config.json} of the official hybrids (MambaInLlama, MaTVLM), which lists, beside an ordinary
 * {@code config.json}, the layers that keep attention.
 *
 * <p>It is an object, indented by four spaces, without a newline at its end: {@code d_model}, {@code ssm_cfg} with
 * {@code expand} 1, {@code ngroups} (heads) and {@code d_state} (their width), the epsilon of the model's norms, {@code
 * vocab_size} null, {@code d_inner}, {@code d_xb}, {@code intermediate_size}, {@code hidden_act}, {@code n_layer},
 * {@code attn_layers}, and for Phi {@code resid_pdrop}, {@code bidirectional} false; {@code is_bias}. In a {@link
 * carve.api.model.ModelSpec#config} it is the member {@code mamba_config}.
 */
public final class MambaConfigFile {
    /** The file's name. */
    public static final String NAME = "mamba_config.json";

    /** The member of a configuration that holds the file. */
    static final String KEY = "mamba_config";

    private static final String MIXER = "mamba-in-llama";
    private static final String BIAS = "bias";

    private MambaConfigFile() {}

    /** Returns a configuration with the file of its folder, if there is one. */
    public static JsonObject gather(Path folder, JsonObject config) {
        Path file = folder.resolve(NAME);
        return Files.isRegularFile(file) ? config.with(KEY, Json.readObject(file)) : config;
    }

    /** Returns the files of a configuration. */
    public static Map<String, byte[]> files(JsonObject config) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(ModelFamily.CONFIG_FILE, (Json.print(config.without(KEY)) + "\n").getBytes(StandardCharsets.UTF_8));
        config.optionalObject(KEY)
                .ifPresent(mamba -> files.put(NAME, print(mamba).getBytes(StandardCharsets.UTF_8)));
        return files;
    }

    private static String print(JsonObject mamba) {
        StringBuilder text = new StringBuilder();
        Json.print(mamba).lines().forEach(line -> {
            int indent = line.length() - line.stripLeading().length();
            text.append(text.isEmpty() ? "" : "\n").append(" ".repeat(indent)).append(line);
        });
        return text.toString();
    }

    /**
     * Returns the mixers of a decoder's layers: those that the configuration lists for Carve, else those of the file,
     * else those that it has before conversion.
     *
     * @throws carve.api.json.JsonException if the file contradicts the configuration
     */
    public static List<MixerSpec> choices(JsonObject config, DecoderConfig decoder) {
        return LayerMixers.read(config)
                .orElseGet(() -> config.optionalObject(KEY)
                        .map(mamba -> choices(mamba, config, decoder))
                        .orElseGet(decoder::mixers));
    }

    private static List<MixerSpec> choices(JsonObject mamba, JsonObject config, DecoderConfig decoder) {
        check(mamba, decoder);
        List<MixerSpec> choices = new ArrayList<>(Collections.nCopies(decoder.layers(), mixer(flag(mamba, "is_bias"))));
        for (int layer : attention(mamba, decoder)) {
            choices.set(layer, decoder.mixers().get(layer));
        }
        return List.copyOf(choices);
    }

    private static MixerSpec mixer(boolean bias) {
        Map<String, Object> settings = bias ? Map.of(BIAS, true) : Map.of();
        return new MixerSpec(MIXER, MapSettings.of(settings, NAME).asTree());
    }

    private static void check(JsonObject mamba, DecoderConfig decoder) {
        LayerConfig dims = decoder.dims();
        JsonObject state = mamba.object("ssm_cfg");
        same(mamba, "n_layer", decoder.layers());
        same(mamba, "d_model", decoder.hidden());
        same(mamba, "d_inner", dims.heads() * dims.headWidth());
        same(mamba, "d_xb", dims.kvHeads() * dims.headWidth());
        same(mamba, "intermediate_size", intermediateSize(decoder));
        same(state, "ngroups", dims.heads());
        same(state, "d_state", dims.headWidth());
        if (flag(mamba, "bidirectional")) {
            throw mamba.error("bidirectional", "true is not supported");
        }
    }

    private static void same(JsonObject json, String key, int expected) {
        if (json.optionalInteger(key).isPresent() && json.integer(key) != expected) {
            throw json.error(key, "is %d, but by config.json it is %d".formatted(json.integer(key), expected));
        }
    }

    private static boolean flag(JsonObject json, String key) {
        return json.optionalFlag(key).orElse(false);
    }

    private static List<Integer> attention(JsonObject mamba, DecoderConfig decoder) {
        List<Integer> layers = new ArrayList<>();
        for (JsonValue item : mamba.array("attn_layers").items()) {
            long layer = item instanceof JsonNumber number ? number.whole().orElse(-1) : -1;
            if (layer < 0 || layer >= decoder.layers()) {
                throw mamba.error(
                        "attn_layers",
                        "expected numbers from 0 to %d, found %s".formatted(decoder.layers() - 1, Json.compact(item)));
            }
            layers.add((int) layer);
        }
        return layers;
    }

    /**
     * Returns a configuration with these mixers: in the file where its format can describe them and a layer has another
     * mixer than attention; else listed for Carve.
     */
    public static JsonObject with(JsonObject config, DecoderConfig decoder, List<MixerSpec> choices) {
        JsonObject bare = LayerMixers.remove(config).without(KEY);
        List<MixerSpec> replaced = IntStream.range(0, choices.size())
                .filter(i -> !isKept(decoder, i, choices.get(i)))
                .mapToObj(choices::get)
                .toList();
        if (replaced.isEmpty()) {
            return bare;
        }
        boolean official = decoder.spec().layers().stream().allMatch(layer -> layer.feedForward() instanceof Mlp)
                && replaced.stream().allMatch(MambaConfigFile::isOfficial)
                && replaced.stream().map(MambaConfigFile::bias).distinct().count() == 1;
        return official
                ? bare.with(KEY, written(decoder, choices, bias(replaced.getFirst())))
                : LayerMixers.write(bare, choices);
    }

    private static boolean isKept(DecoderConfig decoder, int layer, MixerSpec choice) {
        MixerSpec before = decoder.mixers().get(layer);
        return choice.name().equals(before.name())
                && LayerMixers.persistentSettings(choice).equals(LayerMixers.persistentSettings(before));
    }

    private static int intermediateSize(DecoderConfig decoder) {
        if (decoder.spec().layers().getFirst().feedForward() instanceof Mlp mlp) {
            return mlp.intermediate();
        }
        throw decoder.json().error("model_type", "models with experts cannot be described by " + NAME);
    }

    private static boolean isOfficial(MixerSpec choice) {
        return choice.name().equals(MIXER)
                && Set.of(BIAS)
                        .containsAll(LayerMixers.persistentSettings(choice).keySet());
    }

    private static boolean bias(MixerSpec choice) {
        return Boolean.parseBoolean(
                LayerMixers.persistentSettings(choice).getOrDefault(BIAS, false).toString());
    }

    private static JsonObject written(DecoderConfig decoder, List<MixerSpec> choices, boolean bias) {
        LayerConfig dims = decoder.dims();
        JsonArray attention = new JsonArray(IntStream.range(0, choices.size())
                .filter(i -> isKept(decoder, i, choices.get(i)))
                .<JsonValue>mapToObj(i -> JsonNumber.of((long) i))
                .toList());
        JsonObject state = JsonObject.empty()
                .with("expand", 1)
                .with("ngroups", dims.heads())
                .with("d_state", dims.headWidth());
        JsonObject common = JsonObject.empty()
                .with("d_model", decoder.hidden())
                .with("ssm_cfg", state)
                .with(epsilonKey(decoder), value(decoder, epsilonKey(decoder), "1e-05"))
                .with("vocab_size", new JsonNull())
                .with("d_inner", dims.heads() * dims.headWidth())
                .with("d_xb", dims.kvHeads() * dims.headWidth())
                .with("intermediate_size", intermediateSize(decoder))
                .with("hidden_act", value(decoder, "hidden_act", isPhi(decoder) ? "\"gelu_new\"" : "\"silu\""))
                .with("n_layer", decoder.layers())
                .with("attn_layers", attention);
        JsonObject whole = isPhi(decoder)
                ? common.with("resid_pdrop", value(decoder, "resid_pdrop", "0.0"))
                        .with("bidirectional", false)
                : common;
        return whole.with("is_bias", bias);
    }

    private static boolean isPhi(DecoderConfig decoder) {
        return decoder.json().string("model_type").equals("phi");
    }

    private static String epsilonKey(DecoderConfig decoder) {
        return isPhi(decoder) ? "layer_norm_eps" : "rms_norm_eps";
    }

    // as the configuration spells it
    private static JsonValue value(DecoderConfig decoder, String key, String otherwise) {
        return decoder.json()
                .value(key)
                .filter(value -> !(value instanceof JsonNull))
                .orElseGet(() -> Json.parse(otherwise, NAME));
    }
}
