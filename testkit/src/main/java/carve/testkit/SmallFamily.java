package carve.testkit;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.config.SettingsException;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.Norm;
import carve.api.model.OutputHead;
import carve.api.model.TokenEmbedding;
import carve.api.text.Processor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The family of the test kit's models: decoders of text, a few thousand parameters, whose mixers the configuration names.
 *
 * <pre>{@code
 * {"model_type": "small", "mixers": ["retention", "retention"]}
 * }</pre>
 */
public final class SmallFamily implements ModelFamily {
    /** V, the number of tokens. */
    public static final int VOCABULARY = 29;

    private static final int HIDDEN = 24;

    /** Makes the family. */
    public SmallFamily() {}

    /** Returns the configuration of a model with these mixers, first layer first. */
    public static JsonObject config(String... mixers) {
        return JsonObject.empty().with("model_type", "small").with("mixers", JsonArray.ofStrings(List.of(mixers)));
    }

    @Override
    public String name() {
        return "small";
    }

    @Override
    public boolean supports(JsonObject config) {
        return config.optionalString("model_type").filter("small"::equals).isPresent();
    }

    @Override
    public ModelSpec spec(JsonObject config, MixerCatalog mixers) {
        List<Block> layers = new ArrayList<>();
        for (String mixer : config.strings("mixers")) {
            layers.add(block(layers.size(), MixerSpec.of(mixer), mixers));
        }
        Norm norm = new Norm(Norm.Kind.RMS, HIDDEN, 1e-5);
        OutputHead head = new OutputHead(VOCABULARY, false, false);
        return new ModelSpec(name(), config, new TokenEmbedding(VOCABULARY, HIDDEN), layers, norm, head);
    }

    private static Block block(int index, MixerSpec choice, MixerCatalog mixers) {
        LayerConfig dims = new LayerConfig(HIDDEN, 4, 2, 6, false, 1e-5, new RotaryEmbedding(10_000, 6, 4096));
        return new Block(
                "llm." + index,
                dims,
                choice,
                mixers.create(choice.name(), dims, choice.settings()),
                BlockLayout.preNorm(new Norm(Norm.Kind.RMS, HIDDEN, 1e-5)),
                Mlp.swiGlu(HIDDEN, 40));
    }

    @Override
    public NameMap names(ModelSpec spec) {
        return NameMap.of(spec.parameters().stream()
                .map(param -> NameRule.rename("model." + param.name(), param.name()))
                .toList());
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        if (plan.layers().size() != teacher.layers().size()) {
            throw new SettingsException("the plan has %d layers, the model %d"
                    .formatted(plan.layers().size(), teacher.layers().size()));
        }
        List<Block> layers = new ArrayList<>();
        for (MixerSpec choice : plan.layers()) {
            Block block = teacher.layers().get(layers.size());
            layers.add(choice.isKeep() ? block : block(layers.size(), choice, mixers));
        }
        String[] names = layers.stream().map(layer -> layer.mixerSpec().name()).toArray(String[]::new);
        return teacher.with(config(names), layers);
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return new SmallProcessor();
    }

    @Override
    public List<String> auxiliaryFiles() {
        return List.of();
    }
}
