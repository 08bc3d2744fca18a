package carve.models.decoder;

import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.mixer.LayerConfig;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.model.Norm;
import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names of a decoder's tensors in its checkpoint.
 *
 * <p>Mixers other than attention have names of their own: {@code mamba-in-llama} is under {@code mamba.}, its
 * projections concatenated in {@code mamba.in_proj}, as in the official hybrids; any other is under {@code mixer.} with
 * its own names.
 *
 * @param tokens the token table
 * @param mixerNorm the norm before the mixer
 * @param mlpNorm the norm before the feed-forward part, in sequential blocks
 * @param parts the linear layers of the feed-forward part, by Carve's names
 * @param attention the attention
 * @param output attention's output projection
 * @param packed whether attention's other projections are one tensor, {@code wqkv}, interleaved by group
 * @param finalNorm the norm before the output layer
 * @param head the output layer
 */
record DecoderTensorNames(
        String tokens,
        String mixerNorm,
        String mlpNorm,
        Map<String, String> parts,
        String attention,
        String output,
        boolean packed,
        String finalNorm,
        String head) {
    static final DecoderTensorNames HUGGING_FACE = new DecoderTensorNames(
            "model.embed_tokens",
            "input_layernorm",
            "post_attention_layernorm",
            Map.of("gate", "mlp.gate_proj", "up", "mlp.up_proj", "down", "mlp.down_proj"),
            "self_attn",
            "o_proj",
            false,
            "model.norm",
            "lm_head");
    static final DecoderTensorNames INTERN_LM2 = new DecoderTensorNames(
            "model.tok_embeddings",
            "attention_norm",
            "ffn_norm",
            Map.of("gate", "feed_forward.w1", "up", "feed_forward.w3", "down", "feed_forward.w2"),
            "attention",
            "wo",
            true,
            "model.norm",
            "output");
    static final DecoderTensorNames PHI = new DecoderTensorNames(
            "model.embed_tokens",
            "input_layernorm",
            "",
            Map.of("up", "mlp.fc1", "down", "mlp.fc2"),
            "self_attn",
            "dense",
            false,
            "model.final_layernorm",
            "lm_head");

    private static final List<String> SCALARS = List.of("dt_bias", "A_log", "D");
    private static final List<String> MAMBA = List.of("z", "x", "B", "C", "dt");
    private static final Set<String> ATTENTION =
            Set.of("q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight");

    /**
     * Returns the rules of all parameters but those of an input encoder beside {@code input.tokens}.
     *
     * @param prefix the prefix of all names, such as {@code language_model.}
     */
    List<NameRule> rules(ModelSpec spec, String prefix) {
        List<NameRule> rules = new ArrayList<>();
        rules.add(NameRule.rename(prefix + tokens + ".weight", "input.tokens.weight"));
        for (int i = 0; i < spec.layers().size(); i++) {
            layer(
                    rules,
                    prefix + "model.layers." + i + ".",
                    ModelSpec.layerPrefix(i) + ".",
                    spec.layers().get(i));
        }
        for (ParamSpec param : spec.finalNorm().parameters()) {
            rules.add(NameRule.rename(prefix + finalNorm + "." + param.name(), "final_norm." + param.name()));
        }
        String logits = prefix + head + ".weight";
        rules.add(spec.head().tied() ? NameRule.keep(logits) : NameRule.rename(logits, "output.weight"));
        if (spec.head().bias()) {
            rules.add(NameRule.rename(prefix + head + ".bias", "output.bias"));
        }
        return rules;
    }

    // in the order of the official modules, by which large checkpoints are cut into files
    private void layer(List<NameRule> rules, String checkpoint, String model, Block block) {
        mixer(rules, checkpoint, model + "mixer.", block);
        for (ParamSpec param : block.feedForward().parameters()) {
            int dot = param.name().indexOf('.');
            String theirs =
                    parts.get(param.name().substring(0, dot)) + param.name().substring(dot);
            rules.add(NameRule.rename(checkpoint + theirs, model + "mlp." + param.name()));
        }
        norm(
                rules,
                checkpoint + mixerNorm + ".",
                model + "mixer_norm.",
                block.layout().beforeMixer());
        norm(
                rules,
                checkpoint + mlpNorm + ".",
                model + "mlp_norm.",
                block.layout().beforeMlp());
    }

    private static void norm(List<NameRule> rules, String checkpoint, String model, Norm norm) {
        norm.parameters().forEach(param -> rules.add(NameRule.rename(checkpoint + param.name(), model + param.name())));
    }

    private void mixer(List<NameRule> rules, String checkpoint, String model, Block block) {
        Map<String, ParamSpec> params = new LinkedHashMap<>();
        block.mixer().parameters().forEach(param -> params.put(param.name(), param));
        if (params.containsKey("in_proj.z.weight")) {
            mamba(rules, checkpoint + "mamba.", model, params);
        } else if (params.keySet().containsAll(ATTENTION)
                && params.keySet().stream().allMatch(DecoderTensorNames::isAttention)) {
            attention(rules, checkpoint + attention + ".", model, block.config(), params.keySet());
        } else {
            params.keySet().forEach(name -> rules.add(NameRule.rename(checkpoint + "mixer." + name, model + name)));
        }
    }

    private static boolean isAttention(String name) {
        return ATTENTION.contains(name.replaceFirst("\\.bias$", ".weight"));
    }

    private void attention(List<NameRule> rules, String checkpoint, String model, LayerConfig dims, Set<String> names) {
        for (String name : names) {
            if (name.startsWith("o_proj.")) {
                rules.add(NameRule.rename(checkpoint + output + name.substring("o_proj".length()), model + name));
            } else if (!packed) {
                rules.add(NameRule.rename(checkpoint + name, model + name));
            } else if (name.startsWith("q_proj.")) {
                String end = name.substring("q_proj".length());
                rules.add(NameRule.interleaved(
                        checkpoint + "wqkv" + end,
                        dims.kvHeads(),
                        new Part(model + "q_proj" + end, dims.heads() / dims.kvHeads() * dims.headWidth()),
                        new Part(model + "k_proj" + end, dims.headWidth()),
                        new Part(model + "v_proj" + end, dims.headWidth())));
            }
        }
    }

    private static void mamba(List<NameRule> rules, String checkpoint, String model, Map<String, ParamSpec> params) {
        SCALARS.forEach(name -> rules.add(NameRule.rename(checkpoint + name, model + name)));
        for (String end : List.of(".weight", ".bias")) {
            List<Part> packed = MAMBA.stream()
                    .map(part -> "in_proj." + part + end)
                    .filter(params::containsKey)
                    .map(name -> new Part(model + name, params.get(name).shape().extent(0)))
                    .toList();
            if (!packed.isEmpty()) {
                rules.add(NameRule.concatenated(checkpoint + "in_proj" + end, packed.toArray(Part[]::new)));
            }
        }
        params.keySet().stream()
                .filter(name -> !name.startsWith("in_proj.") && !SCALARS.contains(name))
                .forEach(name -> rules.add(NameRule.rename(checkpoint + name, model + name)));
    }
}
