package carve.runtime.plan;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.model.MixerSpec;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A reader of other projects' notations for the layers that are attention. A plan may have them in place of {@code layers}.
 *
 * <table>
 * <caption>Keys, and what they mean</caption>
 * <tr><th>key</th><th>of</th><th>meaning</th></tr>
 * <tr><td>{@code layer_types}</td><td>transformers</td><td>a kind for each layer</td></tr>
 * <tr><td>{@code layers_block_type}</td><td>Jamba, Bamba, Granite, mmMamba</td><td>a kind for each layer</td></tr>
 * <tr><td>{@code block_types}</td><td>RecurrentGemma</td><td>kinds that are repeated</td></tr>
 * <tr><td>{@code attn_type_list}</td><td>MiniMax</td><td>1 for attention, 0 for linear</td></tr>
 * <tr><td>{@code attn_layers}</td><td>MambaInLlama</td><td>numbers of layers that are attention</td></tr>
 * <tr><td>{@code ssm_layers}</td><td>MaTVLM, MambaInLlama</td><td>numbers of layers that are not</td></tr>
 * <tr><td>{@code softmax_attention}</td><td>mmMamba</td><td>numbers of layers that are attention</td></tr>
 * <tr><td>{@code softmax_attentions}</td><td>LoLCATs</td><td>likewise</td></tr>
 * <tr><td>{@code attn_layer_indices}, {@code full_attn_idxs}</td><td>Bamba; LFM2</td><td>likewise</td></tr>
 * <tr><td>{@code attn.layers}</td><td>flash-linear-attention</td><td>likewise</td></tr>
 * <tr><td>{@code linear_attn_config}</td><td>Kimi Linear</td><td>{@code kda_layers} and {@code full_attn_layers}, from 1</td></tr>
 * <tr><td>{@code hybrid_layer_ids}</td><td>Zamba2</td><td>numbers of layers that are {@code hybrid}</td></tr>
 * <tr><td>{@code attn_layer_period}, {@code attn_layer_offset}</td><td>Jamba, Zamba</td><td>attention where i mod period is
 * offset</td></tr>
 * <tr><td>{@code full_attention_interval}</td><td>Qwen3-Next</td><td>the last of so many layers is attention</td></tr>
 * <tr><td>{@code hybrid_override_pattern}, {@code hybrid_layer_pattern}</td><td>Nemotron-H, Megatron</td><td>a character for
 * each part: M, G linear; *, +, D attention; - and E feed-forward, which belongs to the layer before it</td></tr>
 * </table>
 *
 * <p>Attention layers stay as they are in the teacher ({@code keep}); linear layers become {@code mamba2}, or {@code
 * mamba-in-llama} where the notation is that of MaTVLM and MambaInLlama. The section {@code layer-kinds} maps kinds to other
 * mixers: {@code layer-kinds { linear = retention, sliding_attention = window, "*" = keep }}. Several keys at once must agree.
 */
final class ExternalLayerPattern {
    /** The keys that are understood. */
    static final Set<String> KEYS = ExternalPatternReader.keys();

    /** The key of the section that maps kinds of layers to mixers. */
    static final String LAYER_KINDS = "layer-kinds";

    private static final System.Logger LOG = System.getLogger(ExternalLayerPattern.class.getName());
    private static final Set<String> ATTENTION = Set.of(
            ExternalPatternReader.ATTENTION,
            "full_attention",
            "sliding_attention",
            "chunked_attention",
            "mha",
            "gqa",
            "*",
            "+",
            "D");
    private static final Set<String> LINEAR =
            Set.of(ExternalPatternReader.LINEAR, "linear_attention", "mamba", "mamba2", "recurrent", "conv", "M", "G");

    private final Settings settings;
    private final OptionalInt layers;

    ExternalLayerPattern(Settings settings, OptionalInt layers) {
        this.settings = settings;
        this.layers = layers;
    }

    /** Returns the keys that settings have, in the order in which they are preferred. */
    static List<String> keys(Settings settings) {
        return ExternalPatternReader.all().keySet().stream()
                .filter(settings::has)
                .toList();
    }

    /** Returns the mixer of each layer. */
    List<MixerReference> words() {
        List<String> keys = keys(settings);
        List<MixerReference> first = words(keys.getFirst());
        for (String key : keys.subList(1, keys.size())) {
            agree(keys.getFirst(), first, key, words(key));
        }
        return first;
    }

    private void agree(String key, List<MixerReference> words, String other, List<MixerReference> others) {
        if (words.size() != others.size()) {
            throw settings.error(
                    other, "is for %d layers, key '%s' for %d; remove one".formatted(others.size(), key, words.size()));
        }
        for (int i = 0; i < words.size(); i++) {
            if (isKept(words.get(i)) != isKept(others.get(i))) {
                throw settings.error(
                        other,
                        "makes layer %d '%s', key '%s' makes it '%s'; remove one"
                                .formatted(
                                        i,
                                        others.get(i).name(),
                                        key,
                                        words.get(i).name()));
            }
        }
    }

    private static boolean isKept(MixerReference word) {
        return word.name().equals(MixerSpec.KEEP);
    }

    private List<MixerReference> words(String key) {
        Map<String, ExternalPatternReader.Reader> readers = ExternalPatternReader.all();
        List<ExternalPatternReader.LayerKind> kinds =
                readers.get(key).read(new ExternalPatternReader(settings, key, layers));
        List<MixerReference> words = new ArrayList<>();
        kinds.forEach(layerKind -> words.add(new MixerReference(meaning(key, layerKind), layerKind.place())));
        if (key.endsWith("pattern")
                && kinds.stream().anyMatch(layerKind -> !layerKind.whole())
                && kinds.stream().anyMatch(ExternalPatternReader.LayerKind::whole)) {
            LOG.log(
                    Level.WARNING,
                    "{0}: key ''{1}'': some mixers have no feed-forward part after them; a layer here has both, so only the order of mixers is taken",
                    settings.origin(key),
                    key);
        }
        return words;
    }

    private String meaning(String key, ExternalPatternReader.LayerKind layerKind) {
        Optional<String> mapped = mapped(layerKind.name());
        if (mapped.isPresent()) {
            return mapped.get();
        }
        boolean linear = LINEAR.contains(layerKind.name());
        if (!linear && !ATTENTION.contains(layerKind.name())) {
            throw new SettingsException(
                    "%s: unknown layer kind '%s'; map it to a mixer, for example layer-kinds { \"%s\" = keep }"
                            .formatted(layerKind.place(), layerKind.name(), layerKind.name()));
        }
        return mapped(linear ? ExternalPatternReader.LINEAR : ExternalPatternReader.ATTENTION)
                .orElse(linear ? mixer(key) : MixerSpec.KEEP);
    }

    private Optional<String> mapped(String kind) {
        if (!settings.has(LAYER_KINDS)) {
            return Optional.empty();
        }
        Settings kinds = settings.section(LAYER_KINDS);
        return kinds.has(kind) ? Optional.of(kinds.string(kind)) : Optional.empty();
    }

    // their own mixer, under the name that it has here
    private static String mixer(String key) {
        return key.equals("ssm_layers") || key.equals("attn_layers") ? "mamba-in-llama" : "mamba2";
    }
}
