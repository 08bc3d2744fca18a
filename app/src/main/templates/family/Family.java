package {{package}};

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.Mlp;
import carve.api.model.OutputHead;
import carve.api.model.MixerSpec;
import carve.api.model.LayerPlan;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.Norm;
import carve.api.text.Processor;
import carve.api.model.TokenEmbedding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Text decoders whose {@code config.json} has {@code "model_type": "{{name}}"}, their sizes, and the mixer of each layer. Tensors
 * in checkpoints have the names of parameters with the prefix {@code model.}.
 */
public final class {{class}} implements ModelFamily {
    private static final double EPSILON = 1e-5;

    @Override
    public String name() {
        return "{{name}}";
    }

    @Override
    public boolean supports(JsonObject config) {
        return config.optionalString("model_type").filter(name()::equals).isPresent();
    }

    @Override
    public ModelSpec spec(JsonObject config, MixerCatalog mixers) {
        List<Block> layers = new ArrayList<>();
        for (String mixer : config.strings("mixers")) {
            layers.add(block(layers.size(), config, MixerSpec.of(mixer), mixers));
        }
        int hidden = config.integer("hidden_size");
        int vocabulary = Letters.VOCABULARY;
        Norm norm = new Norm(Norm.Kind.RMS, hidden, EPSILON);
        OutputHead head = new OutputHead(vocabulary, false, false);
        return new ModelSpec(name(), config, new TokenEmbedding(vocabulary, hidden), layers, norm, head);
    }

    private static Block block(int index, JsonObject config, MixerSpec choice, MixerCatalog mixers) {
        int hidden = config.integer("hidden_size");
        int heads = config.integer("num_attention_heads");
        int width = hidden / heads;
        RotaryEmbedding rotary = new RotaryEmbedding(10_000, width, config.integer("max_position_embeddings"));
        LayerConfig layer = new LayerConfig(hidden, heads, heads, width, false, EPSILON, rotary);
        return new Block(
                "layers." + index,
                layer,
                choice,
                mixers.create(choice.name(), layer, choice.settings()),
                BlockLayout.preNorm(new Norm(Norm.Kind.RMS, hidden, EPSILON)),
                Mlp.swiGlu(hidden, config.integer("intermediate_size")));
    }

    @Override
    public NameMap names(ModelSpec spec) {
        return NameMap.of(spec.parameters().stream()
                .map(param -> NameRule.rename("model." + param.name(), param.name()))
                .toList());
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        List<MixerSpec> choices =
                plan.checked(teacher.layers().size(), mixers.names()).layers();
        List<Block> layers = new ArrayList<>();
        for (MixerSpec choice : choices) {
            Block before = teacher.layers().get(layers.size());
            layers.add(choice.isKeep() ? before : block(layers.size(), teacher.config(), choice, mixers));
        }
        List<String> names =
                layers.stream().map(layer -> layer.mixerSpec().name()).toList();
        return teacher.with(teacher.config().with("mixers", JsonArray.ofStrings(names)), layers);
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return new Letters();
    }

    @Override
    public List<String> auxiliaryFiles() {
        return List.of();
    }
}
