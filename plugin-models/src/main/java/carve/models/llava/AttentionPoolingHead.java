package carve.models.llava;

import carve.api.model.Activation;
import carve.api.model.Norm;
import carve.api.op.Linear;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Map;

/**
 * The attention pooling head of SigLIP's towers (Zhai et al. 2023, arXiv:2303.15343), which makes one vector of an
 * image: a learnt query attends to all patches, and a feed-forward part follows. Models that read images patch by patch
 * keep its tensors unread.
 *
 * @param hidden D
 * @param heads H
 * @param inner the width inside of the feed-forward part
 * @param norm before the feed-forward part
 */
record AttentionPoolingHead(int hidden, int heads, int inner, Norm norm) {
    /** Returns its tensors by name; projections of queries, keys and values are concatenated. */
    Map<String, Shape> parameters() {
        return Map.ofEntries(
                Map.entry("probe", Shape.of(1, 1, hidden)),
                Map.entry("attention.in_proj_weight", Shape.of(3 * hidden, hidden)),
                Map.entry("attention.in_proj_bias", Shape.of(3 * hidden)),
                Map.entry("attention.out_proj.weight", Shape.of(hidden, hidden)),
                Map.entry("attention.out_proj.bias", Shape.of(hidden)),
                Map.entry("layernorm.weight", Shape.of(hidden)),
                Map.entry("layernorm.bias", Shape.of(hidden)),
                Map.entry("mlp.fc1.weight", Shape.of(inner, hidden)),
                Map.entry("mlp.fc1.bias", Shape.of(inner)),
                Map.entry("mlp.fc2.weight", Shape.of(hidden, inner)),
                Map.entry("mlp.fc2.bias", Shape.of(hidden)));
    }

    /** Returns the pooled vectors {@code (N, D)} of images whose normalised patches are x {@code (N, positions, D)}. */
    Tensor apply(Params p, Tensor x) {
        int images = x.extent(0);
        Tensor query = p.get("probe").broadcastTo(Shape.of(images, 1, hidden));
        double scale = 1 / Math.sqrt((double) hidden / heads);
        Tensor mixed = Tensors.apply(
                        new SoftmaxAttention(scale, false, x.extent(1), SequenceLayout.unpadded(images, 1)),
                        projected(p, query, 0),
                        projected(p, x, 1),
                        projected(p, x, 2))
                .getFirst();
        Tensor attended = linear(p.under("attention.out_proj"), mixed.reshape(images, hidden));
        Tensor inside = linear(p.under("mlp.fc1"), norm.apply(p.under("layernorm"), attended));
        return attended.add(linear(p.under("mlp.fc2"), Activation.GELU_TANH.apply(inside)));
    }

    private Tensor projected(Params p, Tensor x, int part) {
        Tensor weight = p.get("attention.in_proj_weight").slice(0, part * hidden, (part + 1) * hidden);
        Tensor bias = p.get("attention.in_proj_bias").slice(0, part * hidden, (part + 1) * hidden);
        return Linear.apply(x, weight, bias).reshape(x.extent(0), x.extent(1), heads, hidden / heads);
    }

    private static Tensor linear(Params p, Tensor x) {
        return Linear.apply(x, p.get("weight"), p.get("bias"));
    }
}
