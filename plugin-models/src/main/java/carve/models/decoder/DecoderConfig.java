package carve.models.decoder;

import carve.api.config.NameSuggestions;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Activation;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.FeedForward;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.Norm;
import carve.api.model.OutputHead;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The configuration of a text decoder: a {@code config.json}, or the {@code text_config} of a vision-language model.
 * Missing keys have the defaults of the class in the Transformers library.
 *
 * @param json the configuration
 * @param kind the kind of {@code model_type}
 */
public record DecoderConfig(JsonObject json, DecoderKind kind) {
    private static final Map<String, Activation> PHI_ACTIVATIONS = Map.of(
            "gelu_new", Activation.GELU_TANH,
            "gelu_fast", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH,
            "gelu", Activation.GELU);

    /**
     * Returns the configuration in a JSON object.
     *
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    public static DecoderConfig of(JsonObject json) {
        String type = json.string("model_type");
        DecoderKind kind = DecoderKind.of(type)
                .orElseThrow(() -> json.error(
                        "model_type", NameSuggestions.unknown("kind of text decoder", type, DecoderKind.modelTypes())));
        return new DecoderConfig(json, kind);
    }

    /** Refuses settings that are not supported. */
    public DecoderConfig {
        refuse(json, "qk_layernorm", json.optionalFlag("qk_layernorm").orElse(false));
        refuse(json, "mlp_bias", json.optionalFlag("mlp_bias").orElse(false));
        refuse(
                json,
                "use_sliding_window",
                json.optionalFlag("use_sliding_window").orElse(false));
        if (kind == DecoderKind.MISTRAL
                && json.optionalInteger("sliding_window").isPresent()) {
            throw json.error(
                    "sliding_window",
                    "is not supported: attention sees all positions; remove the key if %s positions are enough"
                            .formatted(json.integer("sliding_window")));
        }
        Optional<String> activation = json.optionalString("hidden_act");
        List<String> known =
                kind.isPhi() ? PHI_ACTIVATIONS.keySet().stream().sorted().toList() : List.of("silu");
        if (activation.isPresent() && !known.contains(activation.get())) {
            throw json.error("hidden_act", NameSuggestions.unknown("activation", activation.get(), known));
        }
        if (json.integer("hidden_size") % heads(json) != 0
                && json.optionalInteger("head_dim").isEmpty()) {
            throw json.error(
                    "num_attention_heads",
                    "%d does not divide hidden_size %d".formatted(heads(json), json.integer("hidden_size")));
        }
    }

    private static void refuse(JsonObject json, String key, boolean asked) {
        if (asked) {
            throw json.error(key, "true is not supported");
        }
    }

    private static int heads(JsonObject json) {
        return json.optionalInteger("num_attention_heads").orElse(32);
    }

    /** Returns D, the hidden size. */
    public int hidden() {
        return json.integer("hidden_size");
    }

    /** Returns the number of layers. */
    public int layers() {
        return json.integer("num_hidden_layers");
    }

    /** Returns V, the size of the vocabulary. */
    public int vocabulary() {
        return kind.isPhi() ? json.optionalInteger("vocab_size").orElse(51_200) : json.integer("vocab_size");
    }

    /** Returns the intermediate size of feed-forward layers. */
    public int intermediateSize() {
        return json.integer("intermediate_size");
    }

    /** Returns the epsilon of norms. */
    public double epsilon() {
        return json.optionalReal(kind.epsilonKey()).orElse(kind.epsilon());
    }

    /** Returns the output layer. */
    public OutputHead head() {
        return new OutputHead(
                vocabulary(),
                kind.isPhi(),
                json.optionalFlag("tie_word_embeddings").orElse(false));
    }

    /** Returns the sizes and settings that every layer has. */
    public LayerConfig dims() {
        int width = json.optionalInteger("head_dim").orElse(hidden() / heads(json));
        boolean bias = switch (kind) {
            case PHI, QWEN2 -> true;
            case LLAMA, MISTRAL -> json.optionalFlag("attention_bias").orElse(false);
            case INTERNLM2 -> json.optionalFlag("bias").orElse(true);
        };
        int kvHeads = json.optionalInteger("num_key_value_heads").orElse(heads(json));
        boolean outputBias = bias && kind != DecoderKind.QWEN2;
        return new LayerConfig(
                hidden(),
                heads(json),
                kvHeads,
                width,
                bias,
                outputBias,
                epsilon(),
                new RopeConfig(json).rotaryEmbedding(width, kind.isPhi() ? 0.5 : 1));
    }

    /** Returns the norm of blocks and before the output. */
    public Norm norm() {
        return new Norm(kind.norm(), hidden(), epsilon());
    }

    private BlockLayout layout() {
        return kind.isPhi() ? BlockLayout.parallel(norm()) : BlockLayout.preNorm(norm());
    }

    private FeedForward feedForward() {
        Activation activation = kind.isPhi()
                ? PHI_ACTIVATIONS.get(json.optionalString("hidden_act").orElse("gelu_new"))
                : Activation.SILU;
        return new Mlp(activation, !kind.isPhi(), hidden(), intermediateSize(), kind.isPhi());
    }

    /** Returns the layers with these mixers, labelled by their numbers. */
    public List<Block> blocks(List<MixerSpec> choices, MixerCatalog mixers, IntFunction<String> label) {
        if (choices.size() != layers()) {
            throw json.error(
                    "num_hidden_layers", "is %d, but %d layers have mixers".formatted(layers(), choices.size()));
        }
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            MixerSpec choice = choices.get(i);
            blocks.add(new Block(
                    label.apply(i),
                    dims(),
                    choice,
                    mixers.create(choice.name(), dims(), choice.settings()),
                    layout(),
                    feedForward()));
        }
        return List.copyOf(blocks);
    }

    /** Returns attention for every layer, the mixer of all of these kinds before conversion. */
    List<MixerSpec> attentionLayers() {
        return Collections.nCopies(layers(), MixerSpec.of("attention"));
    }
}
