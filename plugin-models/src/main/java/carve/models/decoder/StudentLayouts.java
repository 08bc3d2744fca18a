package carve.models.decoder;

import carve.api.config.MapSettings;
import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.Shape;
import carve.models.decoder.gguf.DecoderFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Students of Llama-like teachers with Mamba-2 as {@code granitemoehybrid} without experts, which Transformers and llama.cpp run.
 * A student has this layout only if reading its configuration gives the same decoder.
 */
final class StudentLayouts {
    private static final String MIXER = "plain-mamba2";
    private static final Set<String> TEACHERS = Set.of("llama", "mistral", "granite");
    private static final String CONV = "conv1d.weight";

    private final DecoderConfig teacher;
    private final List<MixerSpec> choices;
    private final MixerCatalog mixers;

    private StudentLayouts(DecoderConfig teacher, List<MixerSpec> choices, MixerCatalog mixers) {
        this.teacher = teacher;
        this.choices = choices;
        this.mixers = mixers;
    }

    /**
     * Returns the configuration of a student as {@code granitemoehybrid}, if that is exactly what it is.
     *
     * @param read reads the decoder of a configuration
     */
    static Optional<JsonObject> granite(
            DecoderConfig teacher,
            List<MixerSpec> choices,
            MixerCatalog mixers,
            Function<JsonObject, DecoderConfig> read) {
        StudentLayouts layouts = new StudentLayouts(teacher, choices, mixers);
        try {
            return layouts.mayFit()
                    ? Optional.of(layouts.config())
                            .filter(config -> layouts.fits(read.apply(config).spec()))
                    : Optional.empty();
        } catch (JsonException e) {
            return Optional.empty(); // a key that the layout does not have
        }
    }

    /** Returns the mixers of a student in its layout, with how the plan initialises them. */
    static List<MixerSpec> withInit(ModelSpec read, List<MixerSpec> choices) {
        List<MixerSpec> all = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            all.add(withInit(read.layers().get(i).mixerSpec(), choices.get(i)));
        }
        return List.copyOf(all);
    }

    private static MixerSpec withInit(MixerSpec own, MixerSpec choice) {
        Map<String, Object> settings = new LinkedHashMap<>(own.settings().toMap());
        Object init = choice.settings().toMap().get(MixerSpec.INIT);
        if (init != null) {
            settings.put(MixerSpec.INIT, init);
        }
        return new MixerSpec(
                own.name(), MapSettings.of(settings, choice.origin()).asTree());
    }

    private boolean isMamba(int layer) {
        return choices.get(layer).name().equals(MIXER);
    }

    private boolean mayFit() {
        return TEACHERS.contains(teacher.json().string("model_type"))
                && !teacher.json().optionalFlag("mlp_bias").orElse(false)
                && teacher.spec().layers().getFirst().feedForward() instanceof Mlp
                && firstMamba() < choices.size();
    }

    private int firstMamba() {
        int layer = 0;
        while (layer < choices.size() && !isMamba(layer)) {
            layer++;
        }
        return layer;
    }

    private Mixer mixer(int layer) {
        MixerSpec choice = choices.get(layer);
        return mixers.create(choice.name(), teacher.spec().layers().get(layer).config(), choice.settings());
    }

    private JsonObject config() {
        var dims = teacher.dims();
        Map<String, Shape> shapes =
                mixer(firstMamba()).parameters().stream().collect(Collectors.toMap(ParamSpec::name, ParamSpec::shape));
        int inner = dims.heads() * dims.headWidth();
        int groups = "heads".equals(choices.get(firstMamba()).settings().toMap().get("groups"))
                ? dims.heads()
                : dims.kvHeads();
        JsonObject sized = teacher.json()
                .without("sliding_window")
                .without("layers_block_type")
                .with("model_type", "granitemoehybrid")
                .with("architectures", new JsonArray(List.of(new JsonString("GraniteMoeHybridForCausalLM"))))
                .with("layer_types", types())
                .with("shared_intermediate_size", intermediate())
                .with("num_local_experts", 0)
                .with("num_experts_per_tok", 0)
                .with("position_embedding_type", "rope")
                .with("mamba_n_heads", dims.heads())
                .with("mamba_d_head", dims.headWidth())
                .with("mamba_n_groups", groups)
                .with("mamba_d_state", (shapes.get(CONV).extent(0) - inner) / (2 * groups))
                .with("mamba_d_conv", shapes.get(CONV).extent(2))
                .with("mamba_expand", Math.max(1, inner / teacher.hidden()))
                .with("mamba_conv_bias", shapes.containsKey("conv1d.bias"))
                .with("mamba_proj_bias", false);
        return factors(sized, dims.headWidth());
    }

    private static JsonObject factors(JsonObject config, int width) {
        Map<String, Double> factors = Map.of(
                "embedding_multiplier", 1.0,
                "residual_multiplier", 1.0,
                "logits_scaling", 1.0,
                "attention_multiplier", 1 / Math.sqrt(width));
        JsonObject all = config;
        for (String name : factors.keySet().stream().sorted().toList()) {
            all = all.has(name) ? all : all.with(name, JsonNumber.of(factors.get(name)));
        }
        return all;
    }

    private int intermediate() {
        return teacher.spec().layers().getFirst().feedForward() instanceof Mlp mlp ? mlp.intermediate() : 0;
    }

    private JsonArray types() {
        List<JsonValue> types = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            types.add(new JsonString(isMamba(i) ? "linear_attention" : "full_attention"));
        }
        return new JsonArray(types);
    }

    private boolean fits(DecoderSpec read) {
        List<DecoderLayer> expected = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            DecoderLayer own = teacher.spec().layers().get(i);
            DecoderLayer other = read.layers().get(i);
            if (isMamba(i) && !sameMixer(i, other)) {
                return false;
            }
            expected.add(
                    isMamba(i)
                            ? new DecoderLayer(other.config(), other.mixer(), own.layout(), own.feedForward())
                            : new DecoderLayer(own.config(), scaled(own, i), own.layout(), own.feedForward()));
        }
        DecoderSpec spec = teacher.spec();
        DecoderSpec student =
                new DecoderSpec(spec.tokens(), spec.positions(), expected, spec.finalNorm(), spec.head(), spec.names());
        return DecoderFacts.differences(student, read, "the layout").isEmpty();
    }

    private boolean sameMixer(int layer, DecoderLayer other) {
        MixerSpec spec = withInit(other.mixer(), choices.get(layer));
        return mixer(layer).equals(mixers.create(spec.name(), other.config(), spec.settings()));
    }

    // attention of Llama has the scale that the layout writes down
    private MixerSpec scaled(DecoderLayer own, int layer) {
        MixerSpec choice = choices.get(layer);
        Map<String, Object> settings = new LinkedHashMap<>(choice.settings().toMap());
        settings.putIfAbsent("scale", 1 / Math.sqrt(own.config().headWidth()));
        return new MixerSpec(
                choice.name(), MapSettings.of(settings, choice.origin()).asTree());
    }
}
