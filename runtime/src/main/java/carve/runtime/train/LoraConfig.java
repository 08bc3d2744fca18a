package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.param.Selector;

/**
 * The settings of low-rank adapters.
 *
 * @param rank of the product that is added to a weight; 0 for none
 * @param alpha the product is multiplied by alpha over rank
 * @param targets chooses weights among the parameters that a stage trains
 */
public record LoraConfig(int rank, double alpha, Selector targets) {
    /** No adapters. */
    public static final LoraConfig NONE = new LoraConfig(0, 1, Selector.of("**"));

    static LoraConfig from(Settings settings) {
        int rank = settings.integer("rank");
        double alpha = settings.real("alpha");
        if (rank < 0) {
            throw settings.error("rank", "must be positive, or 0 for no adapters, is " + rank);
        }
        if (!(alpha > 0) || Double.isInfinite(alpha)) {
            throw settings.error("alpha", "must be positive, is " + alpha);
        }
        return new LoraConfig(rank, alpha, Selector.from(settings, "targets"));
    }

    boolean isOff() {
        return rank == 0;
    }

    double scale() {
        return isOff() ? 0 : alpha / rank;
    }
}
