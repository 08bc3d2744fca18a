package carve.models.llava;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.TensorSource;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.text.Processor;
import carve.models.LayerMixers;
import carve.models.chat.ChatProcessor;
import carve.models.decoder.DecoderConfig;
import carve.models.decoder.MambaConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * TinyLLaVA (Zhou et al. 2024, arXiv:2402.14289), a decoder that reads the features of a vision tower through a
 * connector, and its conversion to Mamba-2 by MaTVLM (arXiv:2503.13440).
 *
 * <p>A student whose new layers are all {@code mamba-in-llama} as the authors have it is written as theirs: {@code
 * mamba_config.json} beside {@code config.json}, mixers under {@code language_model.model.layers.N.mamba}. Any other
 * lists its mixers in {@code config.json}, see {@link LayerMixers}. Differences between the authors' evaluation and
 * training code can be reproduced on request, see {@link EvaluationBugs}.
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
    public List<String> modelTypes() {
        return List.of("tinyllava");
    }

    @Override
    public boolean supports(JsonObject config) {
        return LlavaConfig.recognises(config);
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
        LlavaConfig config = new LlavaConfig(json);
        DecoderConfig decoder = config.decoder();
        LlavaInputEncoder input = config.input();
        List<ParamSpec> carried = new ArrayList<>();
        input.visionTower()
                .unusedTensors()
                .forEach((name, shape) -> carried.add(new ParamSpec(TOWER + name, shape, Init.ZEROS)));
        List<Block> layers = decoder.blocks(MambaConfigFile.choices(json, decoder), mixers, Integer::toString);
        return new ModelSpec(
                name(),
                json,
                input,
                EvaluationBugs.of(json).layers(layers, mixers),
                decoder.spec().finalNorm(),
                decoder.spec().head(),
                decoder.spec().positions(),
                carried);
    }

    @Override
    public TensorSource weights(
            ModelSpec spec, Path folder, TensorSource tensors, Function<Path, ? extends TensorSource> checkpoints) {
        return EvaluationBugs.of(spec.config()).weights(folder, tensors, checkpoints);
    }

    @Override
    public NameMap names(ModelSpec spec) {
        LlavaInputEncoder input = (LlavaInputEncoder) spec.input();
        List<NameRule> rules = new ArrayList<>(
                new LlavaConfig(spec.config()).decoder().spec().names().rules(spec, DECODER));
        input.visionTower()
                .parameters()
                .forEach(param -> rules.add(NameRule.rename(TOWER + param.name(), "input.tower." + param.name())));
        input.connector()
                .parameters()
                .forEach(param ->
                        rules.add(NameRule.rename(CONNECTOR + param.name(), "input.connector." + param.name())));
        spec.extraTensors().forEach(carried -> rules.add(NameRule.keep(carried.name())));
        return NameMap.of(rules);
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<MixerSpec> choices = LayerMixers.forPlan(teacher, plan);
        DecoderConfig decoder = new LlavaConfig(teacher.config()).decoder();
        JsonObject named = MambaConfigFile.with(teacher.config(), decoder, choices);
        JsonObject json = named.equals(teacher.config())
                ? named
                : named.with("architectures", JsonArray.ofStrings(List.of(STUDENT)));
        return teacher.with(json, LayerMixers.blocks(spec(json, mixers), choices, mixers));
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        LlavaConfig config = new LlavaConfig(spec.config());
        ChatProcessor.VisionInput visionInput = config.vision();
        Processor processor = ChatProcessor.open(
                config.json(), folder, "phi", config.json().object("text_config"), Optional.of(visionInput));
        return EvaluationBugs.of(config.json()).processor(processor, visionInput.positions());
    }

    @Override
    public List<String> auxiliaryFiles() {
        return ChatProcessor.companions();
    }
}
