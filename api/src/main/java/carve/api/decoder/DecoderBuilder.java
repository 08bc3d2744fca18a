package carve.api.decoder;

import carve.api.config.MapSettings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Activation;
import carve.api.model.BlockLayout;
import carve.api.model.FeedForward;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.Norm;
import carve.api.model.OutputHead;
import carve.api.model.PositionEmbedding;
import carve.api.model.TokenEmbedding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A builder of the description of a decoder, step by step from its configuration. {@link #readLlama} reads what most
 * configurations have in common; the other methods say what is different, and come after it.
 */
public final class DecoderBuilder {
    private static final Map<String, Activation> ACTIVATIONS = Map.of(
            "silu", Activation.SILU,
            "swish", Activation.SILU,
            "gelu", Activation.GELU,
            "gelu_new", Activation.GELU_TANH,
            "gelu_fast", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH,
            "quick_gelu", Activation.QUICK_GELU,
            "relu", Activation.RELU,
            "relu2", Activation.SQUARED_RELU);

    private static final Set<Object> DEFAULTS = Set.of(0, 0.0, false, "none");

    private final ConfigReader config;
    private DecoderDefaults defaults = DecoderDefaults.NONE;
    private int vocabulary;
    private int hidden;
    private int layers;
    private int heads;
    private int kvHeads;
    private int headWidth;
    private int intermediate;
    private Activation activation = Activation.SILU;
    private boolean gated = true;
    private boolean mlpBias;
    private boolean attentionBias;
    private boolean attentionOutputBias;
    private Norm norm = Norm.NONE;
    private Function<Norm, BlockLayout> layout = BlockLayout::preNorm;
    private double residualFactor = 1;
    private double embeddingFactor = 1;
    private int positions;
    private boolean tied;
    private boolean headBias;
    private double logitFactor = 1;
    private double logitCap;
    private IntFunction<RotaryEmbedding> rope = _ -> RotaryEmbedding.NONE;
    private String mixer;
    private IntFunction<Optional<OtherMixer>> otherMixers = _ -> Optional.empty();
    private final Map<String, IntFunction<Object>> settings = new LinkedHashMap<>();
    private IntFunction<FeedForward> feedForward = _ -> new Mlp(activation, gated, hidden, intermediate, mlpBias);
    private DecoderNames names = DecoderNames.LLAMA;

    DecoderBuilder(ConfigReader config, String attention) {
        this.config = config;
        this.mixer = attention;
    }

    /** Sets the extents of a configuration that leaves them out; comes before they are read. */
    public DecoderBuilder defaults(DecoderDefaults extents) {
        defaults = extents;
        return this;
    }

    /** Returns a reader of rotary embedding with the keys and defaults of Llama. */
    public RopeReader ropeReader() {
        RopeReader reader = RopeReader.of(config);
        return defaults.positions() == 0 ? reader : reader.withDefaultPositions(defaults.positions());
    }

    /** Returns the configuration. */
    public ConfigReader config() {
        return config;
    }

    /**
     * Reads the keys that Llama has: extents, {@code hidden_act}, {@code rms_norm_eps}, {@code attention_bias}, {@code mlp_bias},
     * rotary embedding and {@code tie_word_embeddings}, with the defaults of Transformers.
     */
    public DecoderBuilder readLlama() {
        return readExtents()
                .activation("hidden_act", "silu", true)
                .norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1e-6), 0)
                .rope(ropeReader())
                .tied(false);
    }

    /**
     * Reads {@code vocab_size}, {@code hidden_size}, {@code num_hidden_layers}, {@code num_attention_heads}, {@code
     * num_key_value_heads}, {@code head_dim} and {@code intermediate_size}.
     */
    public DecoderBuilder readExtents() {
        vocabulary = extent("vocab_size", defaults.vocabulary());
        layers = extent("num_hidden_layers", defaults.layers());
        intermediate = extent("intermediate_size", defaults.intermediate());
        return heads("hidden_size", "num_attention_heads");
    }

    /** Reads the width of the model and its heads by keys of these names, and {@code num_key_value_heads} and {@code head_dim}. */
    public DecoderBuilder heads(String hiddenKey, String headsKey) {
        hidden = extent(hiddenKey, defaults.hidden());
        heads = extent(headsKey, defaults.heads());
        kvHeads = orDefault("num_key_value_heads", defaults.kvHeads()).orElse(heads);
        headWidth = orDefault("head_dim", defaults.headWidth()).orElseGet(() -> dividedBy(headsKey, hiddenKey));
        return this;
    }

    /** Returns the number of a key, or a default; there must be one of them. */
    private int extent(String key, int otherwise) {
        return otherwise == 0 ? config.integer(key) : config.integer(key, otherwise);
    }

    // null is for what is computed, the absence of the key for the default
    private Optional<Integer> orDefault(String key, int otherwise) {
        return config.json().has(key) || otherwise == 0 ? config.optionalInteger(key) : Optional.of(otherwise);
    }

    private int dividedBy(String headsKey, String hiddenKey) {
        if (hidden % heads != 0) {
            throw config.error(headsKey, "%d does not divide %s %d".formatted(heads, hiddenKey, hidden));
        }
        return hidden / heads;
    }

    /** Sets the number of tokens, layers and the width of feed-forward parts. */
    public DecoderBuilder extents(int tokens, int layerCount, int intermediateWidth) {
        vocabulary = tokens;
        layers = layerCount;
        intermediate = intermediateWidth;
        return this;
    }

    /** Returns D. */
    public int hidden() {
        return hidden;
    }

    /** Returns the number of layers. */
    public int layers() {
        return layers;
    }

    /** Returns the width of a head. */
    public int headWidth() {
        return headWidth;
    }

    /** Returns the width of feed-forward parts. */
    public int intermediate() {
        return intermediate;
    }

    /** Reads the activation of feed-forward parts, which are gated or not. */
    public DecoderBuilder activation(String key, String otherwise, boolean isGated) {
        activation = config.choice(key, otherwise, "activation", ACTIVATIONS);
        gated = isGated;
        return this;
    }

    /** Returns the activation of feed-forward parts. */
    public Activation activation() {
        return activation;
    }

    /** Sets the norm of the model, with what is added to its weights. */
    public DecoderBuilder norm(Norm.Kind kind, double epsilon, double offset) {
        norm = new Norm(kind, hidden, epsilon, offset);
        return this;
    }

    /** Sets where the norms of a block are. */
    public DecoderBuilder layout(Function<Norm, BlockLayout> where) {
        layout = where;
        return this;
    }

    /** Sets the factor of what mixers and feed-forward parts add to the residual stream. */
    public DecoderBuilder residualFactor(double factor) {
        residualFactor = factor;
        return this;
    }

    /** Sets whether the projections of attention have biases: those of queries, keys and values, and that of the output. */
    public DecoderBuilder attentionBias(boolean inputs, boolean output) {
        attentionBias = inputs;
        attentionOutputBias = output;
        return this;
    }

    /** Sets whether the linear layers of feed-forward parts have biases. */
    public DecoderBuilder mlpBias(boolean bias) {
        mlpBias = bias;
        return this;
    }

    /** Sets the feed-forward part of each layer. */
    public DecoderBuilder feedForward(IntFunction<FeedForward> ofLayer) {
        feedForward = ofLayer;
        return this;
    }

    /** Returns the dense feed-forward part of a width. */
    public FeedForward mlp(int width) {
        return new Mlp(activation, gated, hidden, width, mlpBias);
    }

    /** Sets the rotary embedding of all layers. */
    public DecoderBuilder rope(RopeReader reader) {
        RotaryEmbedding all = reader.read(headWidth);
        return rope(_ -> all);
    }

    /** Sets the rotary embedding of each layer. */
    public DecoderBuilder rope(IntFunction<RotaryEmbedding> ofLayer) {
        rope = ofLayer;
        return this;
    }

    /** Returns the rotary embedding of a layer. */
    public RotaryEmbedding rope(int layer) {
        return rope.apply(layer);
    }

    /** Sets a learned embedding of positions. */
    public DecoderBuilder positions(int count) {
        positions = count;
        return this;
    }

    /** Sets the mixer of all layers, where that is not softmax attention. */
    public DecoderBuilder mixer(String name) {
        mixer = name;
        return this;
    }

    /**
     * Sets another mixer of some layers, where a model is a hybrid before conversion.
     *
     * @param layers which layers have it
     * @param config what it is made for
     * @param other the mixer, with its settings
     */
    public DecoderBuilder mixer(IntPredicate layers, LayerConfig config, MixerSpec other) {
        otherMixers = layer -> layers.test(layer) ? Optional.of(new OtherMixer(config, other)) : Optional.empty();
        return this;
    }

    /** Sets a setting of the mixers of all layers. */
    public DecoderBuilder mixer(String setting, Object value) {
        return mixer(setting, _ -> value);
    }

    /** Sets a setting of the mixer of each layer. */
    public DecoderBuilder mixer(String setting, IntFunction<Object> ofLayer) {
        settings.put(setting, ofLayer);
        return this;
    }

    /** Sets the sliding window of the layers whose {@code layer_types} entry is {@code sliding_attention}. */
    public DecoderBuilder windows(int positionsSeen, List<String> layerTypes) {
        return mixer("window", layer -> layerTypes.get(layer).equals("sliding_attention") ? positionsSeen : 0);
    }

    /**
     * Returns the type of each layer, {@code full_attention} or {@code sliding_attention}, as {@code layer_types} says.
     *
     * @param otherwise the types where nothing is said
     */
    public List<String> layerTypes(IntFunction<String> otherwise) {
        List<String> types = config.optionalStrings("layer_types")
                .orElseGet(() -> IntStream.range(0, layers).mapToObj(otherwise).toList());
        if (types.size() != layers) {
            throw config.error(
                    "layer_types", "has %d entries, but there are %d layers".formatted(types.size(), layers));
        }
        for (String type : types) {
            if (!type.equals("full_attention") && !type.equals("sliding_attention")) {
                throw config.error("layer_types", "'%s' is not supported for this model_type".formatted(type));
            }
        }
        return types;
    }

    /** Reads {@code tie_word_embeddings}. */
    public DecoderBuilder tied(boolean otherwise) {
        tied = config.flag("tie_word_embeddings", otherwise);
        return this;
    }

    /** Sets whether the output layer has a bias. */
    public DecoderBuilder headBias(boolean bias) {
        headBias = bias;
        return this;
    }

    /** Sets the factor of token embeddings. */
    public DecoderBuilder embeddingFactor(double factor) {
        embeddingFactor = factor;
        return this;
    }

    /** Sets the factor of logits, and their soft cap, 0 for none. */
    public DecoderBuilder logits(double factor, double softCap) {
        logitFactor = factor;
        logitCap = softCap;
        return this;
    }

    /** Sets the names of tensors. */
    public DecoderBuilder names(DecoderNames all) {
        names = all;
        return this;
    }

    /** Returns the names of tensors. */
    public DecoderNames names() {
        return names;
    }

    /** Returns the decoder. */
    DecoderSpec build() {
        List<DecoderLayer> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            all.add(layer(i));
        }
        return new DecoderSpec(
                new TokenEmbedding(vocabulary, hidden, embeddingFactor),
                positions == 0 ? PositionEmbedding.NONE : new PositionEmbedding(positions, hidden),
                all,
                norm,
                new OutputHead(vocabulary, headBias, tied, logitFactor, logitCap),
                names);
    }

    private DecoderLayer layer(int index) {
        OtherMixer own = otherMixers.apply(index).orElseGet(() -> new OtherMixer(attention(index), mixerOf(index)));
        return new DecoderLayer(
                own.config(),
                own.mixer(),
                layout.apply(norm).withResidualFactor(residualFactor),
                feedForward.apply(index));
    }

    private LayerConfig attention(int layer) {
        return new LayerConfig(
                hidden,
                heads,
                kvHeads,
                headWidth,
                attentionBias,
                attentionOutputBias,
                norm.epsilon(),
                rope.apply(layer));
    }

    private record OtherMixer(LayerConfig config, MixerSpec mixer) {}

    // settings that say what holds anyway are left out
    private MixerSpec mixerOf(int layer) {
        Map<String, Object> own = new LinkedHashMap<>();
        settings.forEach((name, ofLayer) -> {
            Object value = ofLayer.apply(layer);
            if (!DEFAULTS.contains(value)) {
                own.put(name, value);
            }
        });
        return new MixerSpec(mixer, MapSettings.of(own, "config.json").asTree());
    }
}
