package carve.api.model;

import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Places of the norms of a block, and the way its parts are added to the residual stream. Without parallel parts, with factor r:
 *
 * <pre>{@code
 * x = x + r mixer_post_norm(mixer(mixer_norm(x)))
 * x = x + r mlp_post_norm(mlp(mlp_norm(x)))
 * }</pre>
 *
 * <p>With parallel parts both see the block's input, by a norm of its own each or, where there is no norm before the feed-forward
 * part, by that of the mixer.
 *
 * @param beforeMixer {@code mixer_norm}
 * @param afterMixer {@code mixer_post_norm}
 * @param beforeMlp {@code mlp_norm}
 * @param afterMlp {@code mlp_post_norm}
 * @param parallel whether mixer and feed-forward part see the same input, as in Phi, instead of one after the other
 * @param residualFactor r, by which what the parts give is multiplied
 */
public record BlockLayout(
        Norm beforeMixer, Norm afterMixer, Norm beforeMlp, Norm afterMlp, boolean parallel, double residualFactor) {
    /** Returns the layout with a norm before each part, as in Llama. */
    public static BlockLayout preNorm(Norm norm) {
        return new BlockLayout(norm, Norm.NONE, norm, Norm.NONE, false, 1);
    }

    /** Returns the layout with a norm after each part, as in OLMo 2. */
    public static BlockLayout postNorm(Norm norm) {
        return new BlockLayout(Norm.NONE, norm, Norm.NONE, norm, false, 1);
    }

    /** Returns the layout with norms before and after each part, as in Gemma 2. */
    public static BlockLayout sandwichNorm(Norm norm) {
        return new BlockLayout(norm, norm, norm, norm, false, 1);
    }

    /** Returns the layout of parallel parts with one norm, as in Phi. */
    public static BlockLayout parallel(Norm norm) {
        return new BlockLayout(norm, Norm.NONE, Norm.NONE, Norm.NONE, true, 1);
    }

    /** Returns the layout of parallel parts with a norm each, as in GPT-NeoX. */
    public static BlockLayout parallelWithTwoNorms(Norm norm) {
        return new BlockLayout(norm, Norm.NONE, norm, Norm.NONE, true, 1);
    }

    /** Returns this layout with another factor of what the parts give. */
    public BlockLayout withResidualFactor(double factor) {
        return new BlockLayout(beforeMixer, afterMixer, beforeMlp, afterMlp, parallel, factor);
    }

    /** Returns the parameters of the norms around the mixer. */
    List<ParamSpec> mixerParameters() {
        return under("mixer", beforeMixer, afterMixer);
    }

    /** Returns the parameters of the norms around the feed-forward part. */
    List<ParamSpec> mlpParameters() {
        return under("mlp", beforeMlp, afterMlp);
    }

    private static List<ParamSpec> under(String part, Norm before, Norm after) {
        List<ParamSpec> specs = new ArrayList<>();
        before.parameters().forEach(spec -> specs.add(spec.under(part + "_norm")));
        after.parameters().forEach(spec -> specs.add(spec.under(part + "_post_norm")));
        return specs;
    }
}
