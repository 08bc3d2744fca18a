package carve.attention;

import carve.api.op.Heads;
import carve.api.op.LayerNorm;
import carve.api.op.RmsNorm;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.List;

/** The norms of queries and keys before they are rotated (Henry et al. 2020, arXiv:2010.04245). */
public enum QkNorm {
    /** No norm. */
    NONE,
    /** RMS norm of each head, with one weight {@code (K)} for all heads: Qwen3, Gemma 3. */
    RMS_HEAD,
    /** RMS norm of the whole projection, with a weight {@code (H K)}: OLMo 2. */
    RMS_WHOLE,
    /** Layer norm of each head with a weight of its own {@code (H, K)}, without bias: Cohere, StableLM. */
    LAYER_HEAD,
    /** Layer norm of each head, with one weight and one bias {@code (K)} for all heads: Phi, Persimmon. */
    LAYER_SHARED;

    /**
     * Returns the parameters of one norm, {@code NAME.weight} and, with {@link #LAYER_SHARED}, {@code NAME.bias}.
     *
     * @param heads H
     * @param width K
     * @param offset that is added to the weight, which begins such that the sum is 1
     */
    List<ParamSpec> parameters(String name, int heads, int width, double offset) {
        Init init = Init.constant(1 - offset);
        String weight = name + ".weight";
        return switch (this) {
            case NONE -> List.of();
            case RMS_HEAD -> List.of(new ParamSpec(weight, Shape.of(width), init));
            case RMS_WHOLE -> List.of(new ParamSpec(weight, Shape.of(heads * width), init));
            case LAYER_HEAD -> List.of(new ParamSpec(weight, Shape.of(heads, width), init));
            case LAYER_SHARED ->
                List.of(
                        new ParamSpec(weight, Shape.of(width), init),
                        new ParamSpec(name + ".bias", Shape.of(width), Init.ZEROS));
        };
    }

    /** Returns x {@code (B, T, H, K)} normalised. */
    Tensor apply(Params p, String name, Tensor x, double epsilon, double offset) {
        if (this == NONE) {
            return x;
        }
        Tensor weight = p.get(name + ".weight");
        return switch (this) {
            case NONE -> x;
            case RMS_HEAD -> RmsNorm.apply(x, weight, epsilon, offset);
            case RMS_WHOLE -> Heads.split(RmsNorm.apply(Heads.merge(x), weight, epsilon, offset), x.extent(3));
            case LAYER_HEAD -> LayerNorm.apply(x, weight, epsilon, offset);
            case LAYER_SHARED -> LayerNorm.apply(x, weight, p.get(name + ".bias"), epsilon, offset);
        };
    }
}
