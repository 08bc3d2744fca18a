package carve.models.llava;

import carve.api.config.NameSuggestions;
import carve.api.json.JsonObject;
import carve.api.model.Activation;
import carve.api.model.Norm;
import carve.api.op.Linear;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929) of whole images: SigLIP's (Zhai et al. 2023,
 * arXiv:2303.15343) or CLIP's (Radford et al. 2021, arXiv:2103.00020). Its features are the output of one of its
 * layers.
 *
 * <p>Parameters have the names that they have under {@code vision_model.}: {@code embeddings.patch_embedding.weight (D,
 * 3, p, p)}, {@code embeddings.position_embedding.weight}, {@code encoder.layers.N.*}; CLIP has {@code
 * embeddings.class_embedding (D)} and {@code pre_layrnorm.*} (so spelled) besides, and no bias of patches. Those of
 * layers after the features, and of what follows the last layer, are not read.
 *
 * @param kind SigLIP's or CLIP's
 * @param imageSize S, the side of images in pixels
 * @param patchSize p, the side of patches
 * @param hidden D
 * @param heads H
 * @param intermediateSize the intermediate size of feed-forward parts
 * @param depth the number of layers
 * @param featureLayer the number of layers before the features
 * @param epsilon of its norms
 * @param activation of its feed-forward parts
 * @param featureSelection the positions that become features
 */
record VisionTower(
        Kind kind,
        int imageSize,
        int patchSize,
        int hidden,
        int heads,
        int intermediateSize,
        int depth,
        int featureLayer,
        double epsilon,
        Activation activation,
        FeatureSelection featureSelection) {
    /** The kinds of towers. */
    enum Kind {
        /** No class token; {@code siglip_vision_model}. */
        SIGLIP,
        /** A class token first; {@code clip_vision_model}. */
        CLIP
    }

    /** The positions that become features. */
    enum FeatureSelection {
        /**
         * All but the first. That is CLIP's class token; of SigLIP, which has none, it is the patch at the top left, and
         * TinyLLaVA's models were trained without it.
         */
        PATCH,
        /** All. */
        CLS_PATCH
    }

    private static final Map<String, Kind> KINDS =
            Map.of("siglip_vision_model", Kind.SIGLIP, "clip_vision_model", Kind.CLIP);
    private static final Map<String, Activation> ACTIVATIONS = Map.of(
            "gelu_pytorch_tanh",
            Activation.GELU_TANH,
            "gelu_new",
            Activation.GELU_TANH,
            "gelu",
            Activation.GELU,
            "quick_gelu",
            Activation.QUICK_GELU);
    private static final Map<String, FeatureSelection> SELECTS =
            Map.of("patch", FeatureSelection.PATCH, "cls_patch", FeatureSelection.CLS_PATCH);

    /**
     * Returns the tower that the configuration of a model describes. Missing keys of {@code vision_config} have the
     * defaults of the classes in the Transformers library.
     */
    static VisionTower of(JsonObject config) {
        JsonObject vision = config.object("vision_config");
        Kind kind = one(vision, "model_type", "kind of vision tower", KINDS, "");
        boolean siglip = kind == Kind.SIGLIP;
        int depth = vision.optionalInteger("num_hidden_layers").orElse(12);
        int layer = config.optionalInteger("vision_feature_layer").orElse(-2);
        int used = layer < 0 ? depth + 1 + layer : layer;
        if (used < 0 || used > depth) {
            throw config.error("vision_feature_layer", "is %d, but the tower has %d layers".formatted(layer, depth));
        }
        int heads = vision.optionalInteger("num_attention_heads").orElse(12);
        int hidden = vision.optionalInteger("hidden_size").orElse(768);
        int imageSize = vision.optionalInteger("image_size").orElse(224);
        int patchSize = vision.optionalInteger("patch_size").orElse(siglip ? 16 : 32);
        if (heads < 1 || hidden % heads != 0) {
            throw vision.error("num_attention_heads", "%d does not divide hidden_size %d".formatted(heads, hidden));
        }
        if (patchSize < 1 || patchSize > imageSize) {
            throw vision.error("patch_size", "%d is not from 1 to image_size %d".formatted(patchSize, imageSize));
        }
        return new VisionTower(
                kind,
                imageSize,
                patchSize,
                hidden,
                heads,
                vision.optionalInteger("intermediate_size").orElse(3072),
                depth,
                used,
                vision.optionalReal("layer_norm_eps").orElse(siglip ? 1e-6 : 1e-5),
                one(vision, "hidden_act", "activation", ACTIVATIONS, siglip ? "gelu_pytorch_tanh" : "quick_gelu"),
                one(config, "vision_feature_select_strategy", "strategy", SELECTS, "patch"));
    }

    private static <T> T one(JsonObject json, String key, String kind, Map<String, T> all, String otherwise) {
        String word = otherwise.isEmpty()
                ? json.string(key)
                : json.optionalString(key).orElse(otherwise);
        if (!all.containsKey(word)) {
            throw json.error(key, NameSuggestions.unknown(kind, word, all.keySet()));
        }
        return all.get(word);
    }

    /** Checks that the image size is a multiple of the patch size, and the width of the number of heads. */
    VisionTower {
        if (imageSize % patchSize != 0 && kind == Kind.CLIP || patchSize > imageSize || hidden % heads != 0) {
            throw new ShapeException(
                    "vision tower: image size %d is not a multiple of patch size %d, or width %d not of %d heads"
                            .formatted(imageSize, patchSize, hidden, heads));
        }
    }

    private int grid() {
        return imageSize / patchSize; // as a convolution without padding, what is left over is not seen
    }

    private int positions() {
        return grid() * grid() + (kind == Kind.CLIP ? 1 : 0);
    }

    /** Returns the number of features of an image. */
    int features() {
        return positions() - (featureSelection == FeatureSelection.PATCH ? 1 : 0);
    }

    private Norm norm() {
        return new Norm(Norm.Kind.LAYER, hidden, epsilon);
    }

    /** Returns the parameters that are read. */
    List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        int pixels = 3 * patchSize * patchSize;
        if (kind == Kind.CLIP) {
            specs.add(new ParamSpec("embeddings.class_embedding", Shape.of(hidden), Init.normal(0.02)));
        }
        specs.add(new ParamSpec(
                "embeddings.patch_embedding.weight", Shape.of(hidden, 3, patchSize, patchSize), Init.fanIn(pixels)));
        if (kind == Kind.SIGLIP) {
            specs.add(new ParamSpec("embeddings.patch_embedding.bias", Shape.of(hidden), Init.ZEROS));
        }
        specs.add(new ParamSpec(
                "embeddings.position_embedding.weight", Shape.of(positions(), hidden), Init.normal(0.02)));
        if (kind == Kind.CLIP) {
            norm().parameters().forEach(spec -> specs.add(spec.under("pre_layrnorm")));
        }
        for (int i = 0; i < featureLayer; i++) {
            layer(specs, "encoder.layers." + i);
        }
        return List.copyOf(specs);
    }

    private void layer(List<ParamSpec> specs, String prefix) {
        norm().parameters().forEach(spec -> specs.add(spec.under(prefix + ".layer_norm1")));
        for (String name : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
            linear(specs, prefix + ".self_attn." + name, hidden, hidden);
        }
        norm().parameters().forEach(spec -> specs.add(spec.under(prefix + ".layer_norm2")));
        linear(specs, prefix + ".mlp.fc1", intermediateSize, hidden);
        linear(specs, prefix + ".mlp.fc2", hidden, intermediateSize);
    }

    private static void linear(List<ParamSpec> specs, String name, int outputs, int inputs) {
        specs.add(new ParamSpec(name + ".weight", Shape.of(outputs, inputs), Init.fanIn(inputs)));
        specs.add(new ParamSpec(name + ".bias", Shape.of(outputs), Init.ZEROS));
    }

    /** Returns the tensors of its checkpoints that are not read, by name. */
    Map<String, Shape> unusedTensors() {
        List<ParamSpec> specs = new ArrayList<>();
        for (int i = featureLayer; i < depth; i++) {
            layer(specs, "encoder.layers." + i);
        }
        norm().parameters().forEach(spec -> specs.add(spec.under("post_layernorm")));
        Map<String, Shape> shapes = new TreeMap<>();
        specs.forEach(spec -> shapes.put(spec.name(), spec.shape()));
        if (kind == Kind.SIGLIP) {
            head().parameters().forEach((name, shape) -> shapes.put("head." + name, shape));
        }
        return shapes;
    }

    /** Returns the attention pooling head, which SigLIP's towers have. */
    AttentionPoolingHead head() {
        return new AttentionPoolingHead(hidden, heads, intermediateSize, norm());
    }

    /** Returns the normalised outputs {@code (N, positions, D)} of the last layer. */
    Tensor postLayerNorm(Params p, Tensor x) {
        return norm().apply(p.under("post_layernorm"), x);
    }

    /** Returns the features {@code (N, F, D)} of images {@code (N, 3, S, S)}. */
    Tensor features(Params p, Tensor pixels) {
        Tensor last = hidden(p, pixels).getLast();
        return featureSelection == FeatureSelection.PATCH ? last.slice(1, 1, last.extent(1)) : last;
    }

    /** Returns the embedded patches and the output of each layer up to the features, {@code (N, positions, D)} each. */
    List<Tensor> hidden(Params p, Tensor pixels) {
        List<Tensor> states = new ArrayList<>(List.of(embedded(p.under("embeddings"), p, pixels)));
        for (int i = 0; i < featureLayer; i++) {
            states.add(layer(p.under("encoder.layers." + i), states.getLast()));
        }
        return states;
    }

    private Tensor embedded(Params p, Params whole, Tensor pixels) {
        if (pixels.shape().rank() != 4 || !pixels.shape().sub(1, 4).equals(Shape.of(3, imageSize, imageSize))) {
            throw new IllegalArgumentException(
                    "images must be (N, 3, %d, %d), found %s".formatted(imageSize, imageSize, pixels.shape()));
        }
        int images = pixels.extent(0);
        int side = grid() * patchSize;
        Tensor cut = pixels.slice(2, 0, side)
                .slice(3, 0, side)
                .reshape(images, 3, grid(), patchSize, grid(), patchSize)
                .permute(0, 2, 4, 1, 3, 5)
                .reshape(images, grid() * grid(), 3 * patchSize * patchSize);
        Tensor weight = p.get("patch_embedding.weight").reshape(hidden, 3 * patchSize * patchSize);
        Tensor positions = p.get("position_embedding.weight").cast(DType.F32); // a matrix, and so stored in fewer bits
        if (kind == Kind.SIGLIP) {
            return Linear.apply(cut, weight, p.get("patch_embedding.bias")).add(positions);
        }
        Tensor first = p.get("class_embedding").reshape(1, 1, hidden).broadcastTo(Shape.of(images, 1, hidden));
        Tensor all =
                Tensors.concat(1, List.of(first, Linear.apply(cut, weight))).add(positions);
        return norm().apply(whole.under("pre_layrnorm"), all);
    }

    private Tensor layer(Params p, Tensor x) {
        Tensor attended = x.add(attention(p.under("self_attn"), norm().apply(p.under("layer_norm1"), x)));
        Tensor normed = norm().apply(p.under("layer_norm2"), attended);
        Tensor inside = activation.apply(linear(p.under("mlp.fc1"), normed));
        return attended.add(linear(p.under("mlp.fc2"), inside));
    }

    private Tensor attention(Params p, Tensor x) {
        double scale = 1 / Math.sqrt((double) hidden / heads);
        SequenceLayout rows = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        Tensor mixed = Tensors.apply(
                        new SoftmaxAttention(scale, false, x.extent(1), rows),
                        byHead(linear(p.under("q_proj"), x)),
                        byHead(linear(p.under("k_proj"), x)),
                        byHead(linear(p.under("v_proj"), x)))
                .getFirst();
        return linear(p.under("out_proj"), mixed.reshape(x.shape()));
    }

    private Tensor byHead(Tensor x) {
        return x.reshape(x.extent(0), x.extent(1), heads, hidden / heads);
    }

    private static Tensor linear(Params p, Tensor x) {
        return Linear.apply(x, p.get("weight"), p.get("bias"));
    }
}
