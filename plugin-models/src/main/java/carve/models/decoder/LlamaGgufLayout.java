package carve.models.decoder;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.gguf.GgufConverter;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RopeScaling;
import carve.api.model.Mlp;
import carve.api.model.ModelSpec;
import carve.models.TensorMapping;
import carve.models.text.GgufTokenizer;
import carve.models.text.GgufTokenizerWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/**
 * Llama in GGUF files, architecture {@code llama}, read as the layout of the Transformers library.
 *
 * <p>llama.cpp rotates adjacent elements, Transformers the halves of a head: row {@code 2 i + j} of a head of queries
 * or keys in a file is row {@code j K/2 + i} there. These two tensors are copied row by row; all others stay as they
 * are.
 */
final class LlamaGgufLayout implements GgufConverter {
    static final String ARCHITECTURE = "llama";

    private static final String KEY = ARCHITECTURE + ".";
    private static final String OUTPUT = "output.weight";
    private static final String TOKENS = "token_embd.weight";
    private static final Map<String, String> WHOLE = new TreeMap<>(Map.of(
            TOKENS, "model.embed_tokens.weight", "output_norm.weight", "model.norm.weight", OUTPUT, "lm_head.weight"));
    private static final Map<String, String> LAYER = new TreeMap<>(Map.of(
            "attn_norm", "input_layernorm",
            "attn_q", "self_attn.q_proj",
            "attn_k", "self_attn.k_proj",
            "attn_v", "self_attn.v_proj",
            "attn_output", "self_attn.o_proj",
            "ffn_norm", "post_attention_layernorm",
            "ffn_gate", "mlp.gate_proj",
            "ffn_up", "mlp.up_proj",
            "ffn_down", "mlp.down_proj"));

    @Override
    public boolean supports(String architecture) {
        return architecture.equals(ARCHITECTURE);
    }

    @Override
    public JsonObject config(GgufFile file) {
        GgufKeys keys = GgufKeys.of(file);
        keys.require("expert_count", 0);
        keys.require("expert_used_count", 0);
        keys.require("rope.scaling.type", "none");
        int hidden = keys.integer("embedding_length");
        int heads = keys.integer("attention.head_count");
        int kvHeads = keys.integer("attention.head_count_kv", heads);
        if (heads < 1 || kvHeads < 1) {
            throw new CheckpointException("%s: %d heads, %d of keys".formatted(file, heads, kvHeads));
        }
        int rotated = keys.integer("rope.dimension_count", hidden / heads);
        int width = keys.integer("attention.key_length", rotated);
        keys.require("rope.dimension_count", width);
        keys.require("attention.value_length", width);
        JsonObject config = JsonObject.empty()
                .with("model_type", "llama")
                .with("hidden_size", hidden)
                .with("intermediate_size", keys.integer("feed_forward_length"))
                .with("num_hidden_layers", keys.integer("block_count"))
                .with("num_attention_heads", heads)
                .with("num_key_value_heads", kvHeads)
                .with("head_dim", width)
                .with("vocab_size", file.type(TOKENS).shape().extent(0))
                .with("max_position_embeddings", keys.integer("context_length"))
                .with("rms_norm_eps", keys.real("attention.layer_norm_rms_epsilon"))
                .with("rope_theta", keys.real("rope.freq_base", 10_000))
                .with("attention_bias", file.names().contains("blk.0.attn_q.bias"))
                .with("tie_word_embeddings", !file.names().contains(OUTPUT));
        keys.requireAllRead();
        return GgufTokenizer.endOfText(file.metadata())
                .map(id -> config.with("eos_token_id", id))
                .orElse(config);
    }

    @Override
    public TensorSource fromGguf(GgufFile file) {
        LayerConfig dims = DecoderArchitectures.BUILT_IN.read(config(file)).dims();
        file.requireNames(LlamaGgufLayout::isKnown);
        TensorMapping tensors = new TensorMapping(file);
        for (String name : file.names()) {
            String to = official(name);
            if (name.contains(".attn_q.") || name.contains(".attn_k.")) {
                tensors.permuteRows(name, to, toHalfSplit(dims.headWidth()));
            } else {
                tensors.rename(name, to);
            }
        }
        return tensors.source();
    }

    private static int intermediateSize(DecoderConfig config) {
        return ((Mlp) config.spec().layers().getFirst().feedForward()).intermediate();
    }

    private static boolean isKnown(String name) {
        String[] parts = name.split("\\.");
        return WHOLE.containsKey(name) || parts.length == 4 && parts[0].equals("blk") && LAYER.containsKey(parts[2]);
    }

    private static String official(String name) {
        String[] parts = name.split("\\.");
        return WHOLE.containsKey(name)
                ? WHOLE.get(name)
                : "model.layers." + parts[1] + "." + LAYER.get(parts[2]) + "." + parts[3];
    }

    /** Returns the map from a row of a checkpoint to the row of a GGUF file. */
    static IntUnaryOperator toHalfSplit(int width) {
        return row -> row / width * width + row % width % (width / 2) * 2 + row % width / (width / 2);
    }

    /** Returns the map from a row of a GGUF file to the row of a checkpoint. */
    static IntUnaryOperator toInterleaved(int width) {
        return row -> row / width * width + row % width / 2 + row % 2 * (width / 2);
    }

    @Override
    public JsonObject metadata(ModelSpec spec, Path folder) {
        DecoderConfig config = DecoderArchitectures.BUILT_IN.read(spec.config());
        boolean plain = spec.layers().stream()
                .allMatch(layer -> layer.mixerSpec().name().equals("attention"));
        boolean llama = List.of("llama", "mistral").contains(config.json().string("model_type"))
                && config.mixers().stream()
                        .allMatch(mixer -> mixer.settings().members().isEmpty());
        if (!plain || !llama || config.dims().rotaryEmbedding().scaling() != RopeScaling.NONE) {
            throw new CheckpointException(
                    "%s: GGUF export supports only Llama and Mistral with attention in every layer and unscaled rotary"
                                    .formatted(folder)
                            + " frequencies");
        }
        LayerConfig dims = config.dims();
        JsonObject keys = JsonObject.empty()
                .with(GgufFile.ARCHITECTURE, ARCHITECTURE)
                .with(KEY + "context_length", dims.rotaryEmbedding().maxPositions())
                .with(KEY + "embedding_length", config.hidden())
                .with(KEY + "feed_forward_length", intermediateSize(config))
                .with(KEY + "block_count", config.layers())
                .with(KEY + "attention.head_count", dims.heads())
                .with(KEY + "attention.head_count_kv", dims.kvHeads())
                .with(KEY + "attention.key_length", dims.headWidth())
                .with(KEY + "attention.value_length", dims.headWidth())
                .with(KEY + "attention.layer_norm_rms_epsilon", dims.epsilon())
                .with(KEY + "rope.dimension_count", dims.rotaryEmbedding().width())
                .with(KEY + "rope.freq_base", dims.rotaryEmbedding().base())
                .with(KEY + "vocab_size", spec.vocabulary());
        return GgufTokenizerWriter.with(keys, folder, spec.vocabulary());
    }

    @Override
    public TensorSource toGguf(ModelSpec spec, TensorSource official) {
        LayerConfig dims = DecoderArchitectures.BUILT_IN.read(spec.config()).dims();
        TensorMapping tensors = new TensorMapping(official);
        WHOLE.forEach((to, name) -> {
            if (tensors.has(name)) {
                tensors.rename(name, to);
            }
        });
        for (int i = 0; i < spec.layers().size(); i++) {
            for (Map.Entry<String, String> part : LAYER.entrySet()) {
                write(tensors, "model.layers." + i + "." + part.getValue(), "blk." + i + "." + part.getKey(), dims);
            }
        }
        return tensors.source();
    }

    private static void write(TensorMapping tensors, String from, String to, LayerConfig dims) {
        for (String end : List.of(".weight", ".bias")) {
            if (!tensors.has(from + end)) {
                continue;
            }
            if (to.endsWith("attn_q") || to.endsWith("attn_k")) {
                tensors.permuteRows(from + end, to + end, toInterleaved(dims.headWidth()));
            } else {
                tensors.rename(from + end, to + end);
            }
        }
    }
}
