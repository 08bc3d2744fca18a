package carve.models.mamba2;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.gguf.GgufConverter;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.OutputHead;
import carve.api.model.TokenEmbedding;
import carve.api.param.ParamSpec;
import carve.api.text.Processor;
import carve.models.LayerMixers;
import carve.models.chat.ChatProcessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Language models of Mamba-2 alone: {@code Mamba2ForCausalLM} of the Transformers library ({@code model_type =
 * mamba2}), and {@code MambaLMHeadModel} of state-spaces/mamba ({@code ssm_cfg.layer = Mamba2}).
 *
 * <p>A layer is a norm, the mixer {@code plain-mamba2} and a residual connection; there is no feed-forward part. Names
 * are the official ones: {@code backbone.embeddings.weight} ({@code backbone.embedding.weight} with state-spaces),
 * {@code backbone.layers.N.norm.weight}, {@code backbone.layers.N.mixer.*}, {@code backbone.norm_f.weight} and {@code
 * lm_head.weight}, which may be absent where embeddings are tied, and is kept if it is there.
 */
public final class Mamba2Family implements ModelFamily {
    private static final String HEAD = "lm_head.weight";

    /** Makes the family. */
    public Mamba2Family() {}

    @Override
    public String name() {
        return "mamba2";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("mamba2");
    }

    @Override
    public boolean supports(JsonObject config) {
        return config.optionalString("model_type").filter("mamba2"::equals).isPresent()
                || config.value("ssm_cfg")
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .flatMap(mixer -> mixer.optionalString("layer"))
                        .filter("Mamba2"::equals)
                        .isPresent();
    }

    @Override
    public ModelSpec spec(JsonObject json, MixerCatalog mixers) {
        Mamba2Config config = Mamba2Config.of(json);
        return new ModelSpec(
                name(),
                json,
                new TokenEmbedding(config.vocabulary(), config.hidden()),
                config.blocks(mixers),
                config.norm(),
                new OutputHead(config.vocabulary(), false, config.tied()));
    }

    @Override
    public NameMap names(ModelSpec spec) {
        List<NameRule> rules = new ArrayList<>();
        rules.add(NameRule.rename(Mamba2Format.of(spec.config()).tokens(), "input.tokens.weight"));
        for (int i = 0; i < spec.layers().size(); i++) {
            String theirs = "backbone.layers." + i + ".";
            String ours = ModelSpec.layerPrefix(i) + ".";
            for (ParamSpec param : spec.layers().get(i).mixer().parameters()) {
                rules.add(NameRule.rename(theirs + "mixer." + param.name(), ours + "mixer." + param.name()));
            }
            rules.add(NameRule.rename(theirs + "norm.weight", ours + "mixer_norm.weight"));
        }
        rules.add(NameRule.rename("backbone.norm_f.weight", "final_norm.weight"));
        rules.add(spec.head().tied() ? NameRule.keep(HEAD) : NameRule.rename(HEAD, "output.weight"));
        return NameMap.of(rules);
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<MixerSpec> choices = LayerMixers.forPlan(teacher, plan);
        JsonObject bare = LayerMixers.remove(teacher.config());
        MixerSpec own = Mamba2Config.of(bare).defaultMixer();
        JsonObject json = choices.stream().allMatch(own::equals) ? bare : LayerMixers.write(bare, choices);
        return teacher.with(json, LayerMixers.blocks(spec(json, mixers), choices, mixers));
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return ChatProcessor.text(spec.config(), folder);
    }

    @Override
    public Optional<GgufConverter> gguf() {
        return Optional.of(new Mamba2GgufLayout());
    }

    @Override
    public List<String> auxiliaryFiles() {
        return ChatProcessor.companions();
    }
}
