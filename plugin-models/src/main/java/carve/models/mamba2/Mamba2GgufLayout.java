package carve.models.mamba2;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.gguf.GgufConverter;
import carve.api.gguf.GgufFile;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import carve.api.tensor.Shape;
import carve.models.TensorMapping;
import carve.models.text.GgufTokenizer;
import carve.models.text.GgufTokenizerWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Models of Mamba-2 in GGUF files, architecture {@code mamba2}; read as the layout of state-spaces/mamba, whose gated
 * norm is over each group as llama.cpp's is.
 *
 * <p>A file has {@code ssm_a (H, 1)}, which is {@code -exp(A_log)}, {@code ssm_d (H, 1)}, {@code ssm_conv1d.weight (C,
 * W)} and {@code ssm_norm.weight (G, I/G)}; all other tensors are unchanged.
 */
final class Mamba2GgufLayout implements GgufConverter {
    static final String ARCHITECTURE = "mamba2";

    private static final String KEY = ARCHITECTURE + ".";
    private static final String TOKENS = "token_embd.weight";
    private static final String OUTPUT = "output.weight";
    private static final String HEAD = "lm_head.weight";
    /** GGUF names by the names in a layer of a checkpoint. */
    private static final Map<String, String> PLAIN = Map.of(
            "norm.weight", "attn_norm.weight",
            "mixer.in_proj.weight", "ssm_in.weight",
            "mixer.conv1d.bias", "ssm_conv1d.bias",
            "mixer.dt_bias", "ssm_dt.bias",
            "mixer.out_proj.weight", "ssm_out.weight");

    private static final Map<String, String> BY_GGUF_NAME =
            PLAIN.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
    /** GGUF names in a layer of tensors with other values or extents. */
    private static final Set<String> CHANGED = Set.of("ssm_a", "ssm_d", "ssm_norm.weight", "ssm_conv1d.weight");
    /** Names in a checkpoint by GGUF names outside of layers. */
    private static final Map<String, String> WHOLE = Map.of(
            TOKENS, Mamba2Format.STATE_SPACES.tokens(), "output_norm.weight", "backbone.norm_f.weight", OUTPUT, HEAD);

    @Override
    public List<String> architectures() {
        return List.of(ARCHITECTURE);
    }

    @Override
    public JsonObject config(GgufFile file) {
        GgufKeys keys = GgufKeys.of(file);
        keys.require("feed_forward_length", 0);
        keys.require("attention.head_count", 0);
        keys.require("attention.head_count_kv", 0);
        keys.ignore("context_length"); // it has none
        int hidden = keys.integer("embedding_length");
        int inner = keys.integer("ssm.inner_size");
        int heads = keys.integer("ssm.time_step_rank");
        if (hidden < 1 || heads < 1 || inner % hidden != 0 || inner % heads != 0) {
            throw new CheckpointException("%s: an inner width of %d is not a multiple of %d heads and of the width %d"
                    .formatted(file, inner, heads, hidden));
        }
        JsonObject mixer = JsonObject.empty()
                .with("layer", "Mamba2")
                .with("d_state", keys.integer("ssm.state_size"))
                .with("d_conv", keys.integer("ssm.conv_kernel"))
                .with("expand", inner / hidden)
                .with("headdim", inner / heads)
                .with("ngroups", keys.integer("ssm.group_count"));
        JsonObject config = JsonObject.empty()
                .with("d_model", hidden)
                .with("d_intermediate", 0)
                .with("n_layer", keys.integer("block_count"))
                .with("vocab_size", file.type(TOKENS).shape().extent(0))
                .with("ssm_cfg", mixer)
                .with("rms_norm", true)
                .with("residual_in_fp32", true)
                .with("fused_add_norm", true)
                .with("pad_vocab_size_multiple", 1)
                .with("norm_epsilon", keys.real("attention.layer_norm_rms_epsilon"))
                .with("tie_embeddings", !file.names().contains(OUTPUT));
        keys.requireAllRead();
        return GgufTokenizer.endOfText(file.metadata())
                .map(id -> config.with("eos_token_id", id))
                .orElse(config);
    }

    @Override
    public TensorSource fromGguf(ModelSpec spec, GgufFile file) {
        return names(spec).toModel(checkpoint(file));
    }

    private static NameMap names(ModelSpec spec) {
        return new Mamba2Family().names(spec);
    }

    // by the names of state-spaces/mamba
    private TensorSource checkpoint(GgufFile file) {
        Mamba2Dims shape = Mamba2Config.of(config(file)).ssmDims();
        int channels = shape.inner() + 2 * shape.groups() * shape.stateSize();
        file.requireNames(Mamba2GgufLayout::isKnown);
        TensorMapping tensors = new TensorMapping(file);
        for (String name : file.names()) {
            String[] parts = name.split("\\.", 3);
            if (WHOLE.containsKey(name)) {
                tensors.rename(name, WHOLE.get(name));
                continue;
            }
            String layer = "backbone.layers." + parts[1] + ".";
            switch (parts[2]) {
                case "ssm_a" ->
                    tensors.map(
                            name,
                            layer + "mixer.A_log",
                            Shape.of(shape.heads()),
                            a -> Math.log(negative(file, name, a)));
                case "ssm_d" -> tensors.reshape(name, layer + "mixer.D", Shape.of(shape.heads()));
                case "ssm_norm.weight" -> tensors.reshape(name, layer + "mixer.norm.weight", Shape.of(shape.inner()));
                case "ssm_conv1d.weight" ->
                    tensors.reshape(name, layer + "mixer.conv1d.weight", Shape.of(channels, 1, shape.convWidth()));
                default -> tensors.rename(name, layer + BY_GGUF_NAME.get(parts[2]));
            }
        }
        return tensors.source();
    }

    private static double negative(GgufFile file, String name, double a) {
        if (!(a < 0)) {
            throw new CheckpointException(
                    "%s: tensor '%s' must be negative throughout, holds %s".formatted(file, name, a));
        }
        return -a;
    }

    private static boolean isKnown(String name) {
        String[] parts = name.split("\\.", 3);
        boolean inLayer = parts.length == 3 && parts[0].equals("blk");
        return WHOLE.containsKey(name) || inLayer && (CHANGED.contains(parts[2]) || BY_GGUF_NAME.containsKey(parts[2]));
    }

    @Override
    public JsonObject metadata(ModelSpec spec, Path folder) {
        Mamba2Config config = Mamba2Config.of(spec.config());
        Mamba2Dims shape = config.ssmDims();
        refuse(folder, !config.choices().stream().allMatch(config.defaultMixer()::equals), "layers with other mixers");
        refuse(folder, shape.bias(), "projections with biases");
        refuse(folder, !shape.convBias(), "a convolution without a bias");
        JsonObject keys = JsonObject.empty()
                .with(GgufFile.ARCHITECTURE, ARCHITECTURE)
                .with(KEY + "context_length", 1 << 20) // it has none; what llama.cpp writes
                .with(KEY + "embedding_length", config.hidden())
                .with(KEY + "feed_forward_length", 0)
                .with(KEY + "attention.head_count", 0)
                .with(KEY + "block_count", config.layers())
                .with(KEY + "ssm.conv_kernel", shape.convWidth())
                .with(KEY + "ssm.inner_size", shape.inner())
                .with(KEY + "ssm.state_size", shape.stateSize())
                .with(KEY + "ssm.time_step_rank", shape.heads())
                .with(KEY + "ssm.group_count", shape.groups())
                .with(KEY + "attention.layer_norm_rms_epsilon", config.epsilon())
                .with(KEY + "vocab_size", spec.vocabulary());
        return GgufTokenizerWriter.with(keys, folder, spec.vocabulary());
    }

    private static void refuse(Path folder, boolean found, String what) {
        if (found) {
            throw new CheckpointException(
                    "%s: GGUF architecture %s does not support %s".formatted(folder, ARCHITECTURE, what));
        }
    }

    @Override
    public TensorSource toGguf(ModelSpec spec, TensorSource parameters) {
        Mamba2Config config = Mamba2Config.of(spec.config());
        Mamba2Dims shape = config.ssmDims();
        int channels = shape.inner() + 2 * shape.groups() * shape.stateSize();
        TensorMapping tensors = new TensorMapping(names(spec).toCheckpoint(parameters));
        tensors.rename(config.format().tokens(), TOKENS);
        tensors.rename("backbone.norm_f.weight", "output_norm.weight");
        if (!spec.head().tied()) {
            tensors.rename(HEAD, OUTPUT);
        }
        for (int i = 0; i < config.layers(); i++) {
            String theirs = "blk." + i + ".";
            String ours = "backbone.layers." + i + ".";
            PLAIN.forEach((from, to) -> tensors.rename(ours + from, theirs + to));
            tensors.map(ours + "mixer.A_log", theirs + "ssm_a", Shape.of(shape.heads(), 1), a -> -Math.exp(a));
            tensors.reshape(ours + "mixer.D", theirs + "ssm_d", Shape.of(shape.heads(), 1));
            tensors.reshape(
                    ours + "mixer.conv1d.weight", theirs + "ssm_conv1d.weight", Shape.of(channels, shape.convWidth()));
            tensors.reshape(
                    ours + "mixer.norm.weight",
                    theirs + "ssm_norm.weight",
                    Shape.of(shape.groups(), shape.inner() / shape.groups()));
        }
        return tensors.source();
    }
}
