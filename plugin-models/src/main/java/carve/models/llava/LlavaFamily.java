package carve.models.llava;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.TensorSource;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.LayerChoice;
import carve.api.model.LayerPlan;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.Processor;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.models.MixerLayers;
import carve.models.chat.TurnProcessor;
import carve.models.decoder.DecoderConfig;
import carve.models.decoder.DecoderFamily;
import carve.models.decoder.MambaFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.Map;
import java.util.Optional;

/**
 * TinyLLaVA (Zhou et al. 2024, arXiv:2402.14289), a decoder that reads what a vision tower and a connector make of pictures,
 * and what MaTVLM (arXiv:2503.13440) makes of it.
 *
 * <p>A student whose new layers are all {@code mamba-in-llama} as the authors have it is written as theirs: {@code
 * mamba_config.json} beside {@code config.json}, mixers under {@code language_model.model.layers.N.mamba}. Any other lists its
 * mixers in {@code config.json}, see {@link MixerLayers}. What the authors' evaluation does otherwise than their training
 * can be asked for there, see {@link Defects}.
 */
public final class LlavaFamily implements ModelFamily {
    private static final String DECODER = "language_model.";
    private static final String TOWER = "vision_tower._vision_tower.vision_model.";
    private static final String CONNECTOR = "connector._connector.";
    private static final String STUDENT = "HybridTinyLlavaForConditionalGeneration";

    /** Makes the family. */
    public LlavaFamily() {}

    @Override
    public String name() {
        return "llava";
    }

    @Override
    public boolean recognises(JsonObject config) {
        return LlavaConfig.recognises(config);
    }

    @Override
    public JsonObject gather(Path folder, JsonObject config) {
        return MambaFile.gather(folder, config);
    }

    @Override
    public Map<String, byte[]> files(JsonObject config) {
        return MambaFile.files(config);
    }

    @Override
    public ModelSpec read(JsonObject json, MixerCatalog mixers) {
        LlavaConfig config = new LlavaConfig(json);
        DecoderConfig decoder = config.decoder();
        LlavaInput input = config.input();
        List<ParamSpec> carried = new ArrayList<>();
        input.tower().unread().forEach((name, shape) -> carried.add(new ParamSpec(TOWER + name, shape, Init.ZEROS)));
        List<Block> layers = decoder.blocks(MambaFile.choices(json, decoder), mixers, Integer::toString);
        return new ModelSpec(
                name(),
                json,
                input,
                Defects.of(json).layers(layers, mixers),
                decoder.norm(),
                decoder.vocabulary(),
                decoder.outputBias(),
                decoder.tied(),
                carried);
    }

    @Override
    public TensorSource weights(
            ModelSpec spec, Path folder, TensorSource tensors, Function<Path, ? extends TensorSource> checkpoints) {
        return Defects.of(spec.config()).weights(folder, tensors, checkpoints);
    }

    @Override
    public NameMap names(ModelSpec spec) {
        LlavaInput input = (LlavaInput) spec.input();
        List<NameRule> rules =
                new ArrayList<>(DecoderFamily.rules(new LlavaConfig(spec.config()).decoder(), spec, DECODER));
        input.tower()
                .parameters()
                .forEach(param -> rules.add(NameRule.rename(TOWER + param.name(), "input.tower." + param.name())));
        input.connector()
                .parameters()
                .forEach(param ->
                        rules.add(NameRule.rename(CONNECTOR + param.name(), "input.connector." + param.name())));
        spec.carried().forEach(carried -> rules.add(NameRule.keep(carried.name())));
        return NameMap.of(rules);
    }

    @Override
    public ModelSpec convert(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<LayerChoice> choices = MixerLayers.planned(teacher, plan);
        DecoderConfig decoder = new LlavaConfig(teacher.config()).decoder();
        JsonObject named = MambaFile.with(teacher.config(), decoder, choices);
        JsonObject json = named.equals(teacher.config())
                ? named
                : named.with("architectures", JsonArray.ofStrings(List.of(STUDENT)));
        return teacher.with(json, MixerLayers.blocks(read(json, mixers), choices, mixers));
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        LlavaConfig config = new LlavaConfig(spec.config());
        TurnProcessor.Vision vision = config.vision();
        Processor processor = TurnProcessor.open(
                config.json(), folder, "phi", config.json().object("text_config"), Optional.of(vision));
        return Defects.of(config.json()).processor(processor, vision.positions());
    }

    @Override
    public List<String> companions() {
        return TurnProcessor.companions();
    }
}
