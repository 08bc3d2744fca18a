package carve.models.hovle;

import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.MixerSpec;
import carve.models.LayerMixers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The {@code config.json} of HoVLE or mmMamba. Every value comes from the file, since the class defaults of the
 * authors' code are those of other models.
 */
record HovleConfig(JsonObject json) {
    static final String MMMAMBA = "mmMamba_chat";
    static final String HOVLE = "internvl_chat";

    static boolean recognises(JsonObject config) {
        return config.optionalString("model_type")
                        .filter(type -> type.equals(HOVLE) || type.equals(MMMAMBA))
                        .isPresent()
                && config.has("embedding_config")
                && config.has("llm_config");
    }

    HovleConfig {
        HovleKeys.require(json);
        refuse(json, json.optionalFlag("normalize_encoder_output").orElse(false), "normalize_encoder_output", "true");
        JsonObject embedding = json.object("embedding_config");
        refuse(
                embedding,
                !embedding.optionalString("pixel_shuffle_loc").orElse("pre").equals("pre"),
                "pixel_shuffle_loc",
                "anything but pre");
        refuse(
                embedding,
                !embedding.optionalFlag("use_pixel_shuffle_proj").orElse(true),
                "use_pixel_shuffle_proj",
                "false");
        refuse(embedding, embedding.optionalFlag("use_ls").orElse(false), "use_ls", "true");
        requireDivisible(embedding);
        requireDivisible(json.object("llm_config"));
        int grid = embedding.integer("image_size") / Math.max(1, embedding.integer("patch_size"));
        if (grid < 1 || !(json.real("downsample_ratio") * grid >= 1)) {
            throw embedding.error(
                    "patch_size",
                    "%d leaves no tokens of an image of %d pixels with downsample_ratio %s"
                            .formatted(
                                    embedding.integer("patch_size"),
                                    embedding.integer("image_size"),
                                    json.real("downsample_ratio")));
        }
    }

    private static void refuse(JsonObject json, boolean condition, String key, String value) {
        if (condition) {
            throw json.error(key, value + " is not supported");
        }
    }

    private static void requireDivisible(JsonObject part) {
        int heads = part.integer("num_attention_heads");
        if (heads < 1 || part.integer("hidden_size") % heads != 0) {
            throw part.error(
                    "num_attention_heads",
                    "%d does not divide hidden_size %d".formatted(heads, part.integer("hidden_size")));
        }
    }

    JsonObject embedding() {
        return json.object("embedding_config");
    }

    JsonObject llm() {
        return json.object("llm_config");
    }

    boolean isMmMamba() {
        return json.string("model_type").equals(MMMAMBA);
    }

    int embeddingLayers() {
        return embedding().integer("num_hidden_layers");
    }

    int llmLayers() {
        return llm().integer("num_hidden_layers");
    }

    int layers() {
        return embeddingLayers() + llmLayers();
    }

    int hidden() {
        return llm().integer("hidden_size");
    }

    double epsilon() {
        return llm().real("rms_norm_eps");
    }

    int vocabulary() {
        return llm().integer("vocab_size");
    }

    int textVocabulary() {
        return embedding().integer("llm_vocab_size");
    }

    int specialTokens() {
        return embedding()
                .optionalObject("special_token_maps")
                .map(map -> map.keys().size())
                .orElse(0);
    }

    int imageToken() {
        return embedding().integer("img_context_token_id");
    }

    int imageSize() {
        return embedding().integer("image_size");
    }

    int patchSize() {
        return embedding().integer("patch_size");
    }

    /** Returns the number of patches on a side of a tile. */
    int grid() {
        return imageSize() / patchSize();
    }

    /** Returns the number of patches on a side that are merged into one token. */
    int shuffle() {
        return (int) Math.round(1 / json.real("downsample_ratio"));
    }

    int tokensPerTile() {
        int side = grid() / shuffle();
        return side * side;
    }

    /** Returns the part of the configuration that a layer belongs to. */
    JsonObject layerConfig(int layer) {
        return layer < embeddingLayers() ? embedding() : llm();
    }

    String label(int layer) {
        return layer < embeddingLayers() ? "emb." + layer : "llm." + (layer - embeddingLayers());
    }

    LayerConfig dims(int layer) {
        JsonObject part = layerConfig(layer);
        int heads = part.integer("num_attention_heads");
        int width = part.integer("hidden_size") / heads;
        return new LayerConfig(
                part.integer("hidden_size"),
                heads,
                part.integer("num_key_value_heads"),
                width,
                part.optionalFlag("bias").orElse(false),
                part.real("rms_norm_eps"),
                rotary(part, width));
    }

    // mmMamba's own attention layers leave dynamic scaling out (modeling_mmMamba.py, MHA_LM)
    private RotaryEmbedding rotary(JsonObject part, int width) {
        RopeScaling scaling = RopeScaling.NONE;
        if (part.optionalObject("rope_scaling").isPresent() && !isMmMamba()) {
            JsonObject json = part.object("rope_scaling");
            refuse(json, !json.string("type").equals("dynamic"), "type", "'" + json.string("type") + "'");
            scaling = new RopeScaling.Dynamic(json.real("factor"));
        }
        return new RotaryEmbedding(part.real("rope_theta"), width, part.integer("max_position_embeddings"), scaling);
    }

    List<MixerSpec> choices() {
        List<MixerSpec> choices = LayerMixers.read(json).orElseGet(this::officialChoices);
        if (choices.size() != layers()) {
            throw json.error(
                    "carve", "lists the mixers of %d layers, the model has %d".formatted(choices.size(), layers()));
        }
        return choices;
    }

    private List<MixerSpec> officialChoices() {
        List<MixerSpec> choices = new ArrayList<>();
        for (JsonObject part : List.of(embedding(), llm())) {
            int count = part.integer("num_hidden_layers");
            if (!isMmMamba()) {
                choices.addAll(Collections.nCopies(count, MixerSpec.of("attention")));
            } else {
                choices.addAll(official(part, count));
            }
        }
        return choices;
    }

    private static List<MixerSpec> official(JsonObject part, int count) {
        List<String> types = part.strings("layers_block_type");
        refuse(
                part,
                types.size() != count,
                "layers_block_type",
                "a list of %d for %d layers".formatted(types.size(), count));
        return types.stream()
                .map(type -> MixerSpec.of(
                        switch (type) {
                            case "mamba2" -> "mamba2";
                            case "mha" -> "attention";
                            default ->
                                throw part.error(
                                        "layers_block_type",
                                        "'%s' is not supported; there are mamba2, mha".formatted(type));
                        }))
                .toList();
    }
}
