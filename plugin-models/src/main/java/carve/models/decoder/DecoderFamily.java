package carve.models.decoder;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.gguf.GgufConverter;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.TokenEmbedding;
import carve.api.text.Processor;
import carve.models.LayerMixers;
import carve.models.chat.ChatProcessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decoders for text alone, in the layouts of the Transformers library: Llama, Mistral, Qwen2, InternLM2, Phi; and hybrids of
 * them, which have {@code mamba_config.json} beside {@code config.json} as the authors of MambaInLlama write them.
 */
public final class DecoderFamily implements ModelFamily {
    /** Makes the family. */
    public DecoderFamily() {}

    @Override
    public String name() {
        return "decoder";
    }

    @Override
    public boolean supports(JsonObject config) {
        return config.optionalString("model_type").flatMap(DecoderKind::of).isPresent();
    }

    @Override
    public JsonObject completeConfig(Path folder, JsonObject config) {
        return MambaConfigFile.gather(folder, config);
    }

    @Override
    public Map<String, byte[]> configFiles(JsonObject config) {
        return MambaConfigFile.files(config);
    }

    @Override
    public ModelSpec spec(JsonObject json, MixerCatalog mixers) {
        DecoderConfig config = DecoderConfig.of(json);
        return new ModelSpec(
                name(),
                json,
                new TokenEmbedding(config.vocabulary(), config.hidden()),
                config.blocks(MambaConfigFile.choices(json, config), mixers, i -> "llm." + i),
                config.norm(),
                config.head());
    }

    @Override
    public NameMap names(ModelSpec spec) {
        return NameMap.of(rules(DecoderConfig.of(spec.config()), spec, ""));
    }

    /**
     * Returns the rules of a decoder's tensors under a prefix. Tables of rotary frequencies in old checkpoints are kept
     * unread.
     */
    public static List<NameRule> rules(DecoderConfig config, ModelSpec spec, String prefix) {
        List<NameRule> rules = new ArrayList<>(config.kind().names().rules(spec, prefix));
        rules.add(NameRule.keep(prefix + "model.layers.{i}.self_attn.rotary_emb.inv_freq")
                .forIndices(0, config.layers()));
        return rules;
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<MixerSpec> choices = LayerMixers.forPlan(teacher, plan);
        JsonObject json = MambaConfigFile.with(teacher.config(), DecoderConfig.of(teacher.config()), choices);
        return teacher.with(json, LayerMixers.blocks(spec(json, mixers), choices, mixers));
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return ChatProcessor.text(spec.config(), folder);
    }

    @Override
    public Optional<GgufConverter> gguf() {
        return Optional.of(new LlamaGgufLayout());
    }

    @Override
    public List<String> auxiliaryFiles() {
        return ChatProcessor.companions();
    }
}
