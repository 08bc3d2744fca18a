package carve.api.model;

import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;

/**
 * The part of a block that works on each position alone, such as {@link Mlp}.
 *
 * <p>An implementation is an immutable record of hyper-parameters. What it gives for a position depends on that position alone,
 * it reads exactly the declared parameters, and it gives the same bits twice.
 */
public interface FeedForward {
    /** The absence of such a part: the block is a mixer alone. */
    FeedForward NONE = new FeedForward() {
        @Override
        public List<ParamSpec> parameters() {
            return List.of();
        }

        @Override
        public Tensor apply(Params p, Tensor x) {
            throw new IllegalStateException("this block has no feed-forward part");
        }

        @Override
        public boolean exists() {
            return false;
        }

        @Override
        public String toString() {
            return "none";
        }
    };

    /** Returns the parameters that it reads, and their first values. */
    List<ParamSpec> parameters();

    /**
     * Returns the result {@code (..., D)} for x {@code (..., D)}.
     *
     * @param p the parameters, by the names of {@link #parameters}
     * @throws IllegalStateException if there is no such part
     */
    Tensor apply(Params p, Tensor x);

    /**
     * Returns the share of a parameter's values that one position uses, by default all, 1; of experts, those that are chosen.
     *
     * @param parameter the name of one of the {@link #parameters}
     */
    default double usedShare(String parameter) {
        return 1;
    }

    /** Returns whether there is such a part at all. */
    default boolean exists() {
        return true;
    }
}
