package carve.models.hovle;

import carve.api.checkpoint.NameMap;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.model.Norm;
import carve.api.model.OutputHead;
import carve.api.model.PositionEmbedding;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.tensor.Shape;
import carve.api.text.Processor;
import carve.models.LayerMixers;
import carve.models.chat.ChatProcessor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * HoVLE (arXiv:2412.16158), a decoder-only multimodal Transformer, and its conversion to Mamba-2 by mmMamba
 * (arXiv:2502.13145).
 *
 * <p>A student whose layers are all official ones (attention as it is, {@code mamba2} with its defaults) has mmMamba's
 * official configuration and layout; any other keeps HoVLE's, with its layers listed under {@code carve} in {@code
 * config.json}.
 */
public final class HovleFamily implements ModelFamily {
    /** Makes the family. */
    public HovleFamily() {}

    @Override
    public String name() {
        return "hovle";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("internvl_chat", HovleConfig.MMMAMBA);
    }

    @Override
    public boolean supports(JsonObject config) {
        return HovleConfig.recognises(config);
    }

    @Override
    public ModelSpec spec(JsonObject json, MixerCatalog mixers) {
        HovleConfig config = new HovleConfig(json);
        List<MixerSpec> choices = config.choices();
        List<Block> layers = IntStream.range(0, config.layers())
                .mapToObj(i -> block(config, i, choices.get(i), mixers))
                .toList();
        Norm norm = new Norm(Norm.Kind.RMS, config.hidden(), config.epsilon());
        return new ModelSpec(
                name(),
                json,
                HovleInputEncoder.of(config),
                layers,
                norm,
                new OutputHead(config.vocabulary(), false, false),
                PositionEmbedding.NONE,
                carried(config));
    }

    private static Block block(HovleConfig config, int layer, MixerSpec choice, MixerCatalog mixers) {
        LayerConfig dims = config.dims(layer);
        JsonObject part = config.layerConfig(layer);
        return new Block(
                config.label(layer),
                dims,
                choice,
                mixers.create(choice.name(), dims, choice.settings()),
                BlockLayout.preNorm(new Norm(Norm.Kind.RMS, dims.hidden(), dims.epsilon())),
                Mlp.swiGlu(dims.hidden(), part.integer("intermediate_size")));
    }

    private static List<ParamSpec> carried(HovleConfig config) {
        int hidden = config.hidden();
        return List.of(
                new ParamSpec("embedding_model.vision_embeddings.class_embedding", Shape.of(1, 1, hidden), Init.ZEROS),
                new ParamSpec(
                        "language_model.model.tok_embeddings.weight",
                        Shape.of(config.vocabulary(), hidden),
                        Init.ZEROS));
    }

    @Override
    public NameMap names(ModelSpec spec) {
        return HovleTensorNames.of(spec, new HovleConfig(spec.config()).embeddingLayers(), true);
    }

    /**
     * Returns the map for official training checkpoints, whose mixers' projections are separate tensors: {@code
     * encoder.1.attention.q_proj.weight}.
     */
    public NameMap trainingNames(ModelSpec spec) {
        return HovleTensorNames.of(spec, new HovleConfig(spec.config()).embeddingLayers(), false);
    }

    @Override
    public ModelSpec studentSpec(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        plan.checked(teacher.layers().size(), mixers.names());
        List<MixerSpec> choices = LayerMixers.forPlan(teacher, plan);
        JsonObject json = choices.stream().allMatch(HovleFamily::isOfficial)
                ? official(teacher.config(), choices)
                : LayerMixers.write(teacher.config(), choices);
        return teacher.with(json, LayerMixers.blocks(spec(json, mixers), choices, mixers));
    }

    private static boolean isOfficial(MixerSpec choice) {
        boolean plain = LayerMixers.persistentSettings(choice).isEmpty();
        return plain && (choice.name().equals("attention") || choice.name().equals("mamba2"));
    }

    // as convert_weight.py, lines 76-102
    private static JsonObject official(JsonObject config, List<MixerSpec> choices) {
        if (choices.stream().allMatch(choice -> choice.name().equals("attention"))) {
            return config;
        }
        int embedding = config.object("embedding_config").integer("num_hidden_layers");
        return config.with("architectures", "mmMambaChatModel")
                .with(
                        "auto_map",
                        map(
                                "configuration_mmMamba_chat.mmMambaChatConfig",
                                "modeling_mmMamba_chat.mmMambaChatModel",
                                "modeling_mmMamba_chat.mmMambaChatModel"))
                .with("model_type", HovleConfig.MMMAMBA)
                .with(
                        "embedding_config",
                        config.object("embedding_config")
                                .with("model_type", "mmMamba_embedding")
                                .with("layers_block_type", types(choices.subList(0, embedding))))
                .with(
                        "llm_config",
                        config.object("llm_config")
                                .with("architectures", "mmMambaForCausalLM")
                                .with(
                                        "auto_map",
                                        map(
                                                "configuration_mmMamba.mmMambaConfig",
                                                "modeling_mmMamba.mmMambaForCausalLM",
                                                "modeling_mmMamba.mmMambaForCausalLM"))
                                .with("model_type", "mmMamba")
                                .with("layers_block_type", types(choices.subList(embedding, choices.size()))))
                .without("carve");
    }

    private static JsonArray types(List<MixerSpec> choices) {
        return JsonArray.ofStrings(choices.stream()
                .map(choice -> choice.name().equals("mamba2") ? "mamba2" : "mha")
                .toList());
    }

    private static JsonObject map(String config, String model, String causal) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("AutoConfig", new JsonString(config));
        members.put("AutoModel", new JsonString(model));
        members.put("AutoModelForCausalLM", new JsonString(causal));
        return JsonObject.of(members);
    }

    @Override
    public Processor processor(ModelSpec spec, Path folder) {
        return HovleProcessor.open(new HovleConfig(spec.config()), folder);
    }

    @Override
    public List<String> auxiliaryFiles() {
        return ChatProcessor.companions();
    }
}
