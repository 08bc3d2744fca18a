package carve.api.decoder;

import carve.api.checkpoint.NameRule;
import carve.api.model.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of a decoder's tensors in its checkpoint.
 *
 * <p>Modules of a layer are named relative to the layer, by Carve's names of modules: {@code mixer_norm}, {@code mixer_post_norm},
 * {@code mlp_norm}, {@code mlp_post_norm}, {@code mixer.q_proj} and so on, {@code mlp.gate}, {@code mlp.up}, {@code mlp.down}, {@code
 * mlp.router}, {@code mlp.shared}, {@code mlp.shared_gate}. A name is that of the longest leading part that the map has, with the rest added. A mixer that is not attention is
 * {@code mixer:NAME}, where a hybrid's checkpoints have it, and its modules and parameters {@code mixer:NAME.MODULE}.
 *
 * @param tokens the token table
 * @param positions the learned embedding of positions
 * @param layer the prefix of a layer's names, with <code>{i}</code> for its number
 * @param finalNorm the norm before the output layer
 * @param head the output layer
 * @param modules the names of modules, by Carve's names
 * @param fused the tensors that hold several modules
 * @param transposed whether matrices of layers are stored (inputs, outputs), as GPT-2 does
 * @param experts the tensors of experts, where there are some
 * @param unreadLayers the number of layers after the last that are kept unread, for the prediction of further tokens
 * @param unread the names, relative to a layer, of tensors that are no parameters, such as tables that are computed
 */
public record DecoderNames(
        String tokens,
        String positions,
        String layer,
        String finalNorm,
        String head,
        Map<String, String> modules,
        List<Fused> fused,
        boolean transposed,
        ExpertNames experts,
        int unreadLayers,
        List<String> unread) {
    /** The names of Llama, which most families of the Transformers library have. */
    public static final DecoderNames LLAMA = new DecoderNames(
            "model.embed_tokens",
            "",
            "model.layers.{i}.",
            "model.norm",
            "lm_head",
            Map.of(
                    "mixer_norm", "input_layernorm",
                    "mlp_norm", "post_attention_layernorm",
                    "mixer", "self_attn",
                    "mlp.gate", "mlp.gate_proj",
                    "mlp.up", "mlp.up_proj",
                    "mlp.down", "mlp.down_proj"),
            List.of(),
            false,
            ExpertNames.PER_EXPERT,
            0,
            List.of("self_attn.rotary_emb.inv_freq"));

    /**
     * Several modules in one tensor.
     *
     * @param name its name, relative to the layer
     * @param modules the modules in their order, by Carve's names
     * @param grouped whether rows are interleaved by groups of key heads rather than one module below the other
     */
    public record Fused(String name, List<String> modules, boolean grouped) {
        /** Copies the list. */
        public Fused {
            modules = List.copyOf(modules);
        }
    }

    /** Copies the collections. */
    public DecoderNames {
        modules = Map.copyOf(modules);
        fused = List.copyOf(fused);
        unread = List.copyOf(unread);
    }

    /** Returns these names with another one of a module. */
    public DecoderNames module(String module, String name) {
        Map<String, String> changed = new LinkedHashMap<>(modules);
        changed.put(module, name);
        return new DecoderNames(
                tokens, positions, layer, finalNorm, head, changed, fused, transposed, experts, unreadLayers, unread);
    }

    /** Returns these names with modules one below the other in one tensor. */
    public DecoderNames fuse(String name, String... parts) {
        return fuse(new Fused(name, List.of(parts), false));
    }

    /** Returns these names with modules in one tensor, whose rows are interleaved by groups of key heads. */
    public DecoderNames fuseByGroup(String name, String... parts) {
        return fuse(new Fused(name, List.of(parts), true));
    }

    private DecoderNames fuse(Fused more) {
        List<Fused> changed = new ArrayList<>(fused);
        changed.add(more);
        return new DecoderNames(
                tokens, positions, layer, finalNorm, head, modules, changed, transposed, experts, unreadLayers, unread);
    }

    /** Returns these names with others for what is not in layers. */
    public DecoderNames outer(String otherTokens, String otherLayer, String otherFinalNorm, String otherHead) {
        return new DecoderNames(
                otherTokens,
                positions,
                otherLayer,
                otherFinalNorm,
                otherHead,
                modules,
                fused,
                transposed,
                experts,
                unreadLayers,
                unread);
    }

    /** Returns these names with matrices of layers stored (inputs, outputs), and a learned embedding of positions. */
    public DecoderNames transposed(String otherPositions) {
        return new DecoderNames(
                tokens, otherPositions, layer, finalNorm, head, modules, fused, true, experts, unreadLayers, unread);
    }

    /** Returns these names with others of the tensors of experts. */
    public DecoderNames experts(ExpertNames others) {
        return new DecoderNames(
                tokens, positions, layer, finalNorm, head, modules, fused, transposed, others, unreadLayers, unread);
    }

    /** Returns these names with layers after the last that are kept unread, which predict further tokens. */
    public DecoderNames unreadLayers(int count) {
        return new DecoderNames(
                tokens, positions, layer, finalNorm, head, modules, fused, transposed, experts, count, unread);
    }

    /** Returns these names with tensors of layers that are kept unread. */
    public DecoderNames unread(String... names) {
        return new DecoderNames(
                tokens,
                positions,
                layer,
                finalNorm,
                head,
                modules,
                fused,
                transposed,
                experts,
                unreadLayers,
                List.of(names));
    }

    /**
     * Returns the rules of all parameters but those of an input encoder beside {@code input.tokens}.
     *
     * @param prefix the prefix of all names, such as {@code language_model.}
     */
    public List<NameRule> rules(ModelSpec spec, String prefix) {
        return new DecoderNameRules(this, prefix).of(spec);
    }

    /** Returns the name of a parameter of a mixer that is not attention, relative to the layer. */
    String mixer(String mixer, String parameter) {
        String own = "mixer:" + mixer + "." + parameter;
        String name = name(own);
        return name.equals(own) ? "mixer." + parameter : name;
    }

    /** Returns the name of a module of a layer, relative to the layer. */
    String name(String module) {
        String part = module;
        while (!modules.containsKey(part)) {
            int dot = part.lastIndexOf('.');
            if (dot < 0) {
                return module;
            }
            part = part.substring(0, dot);
        }
        return modules.get(part) + module.substring(part.length());
    }
}
