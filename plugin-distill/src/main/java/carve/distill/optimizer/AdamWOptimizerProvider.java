package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.param.Selector;
import carve.api.stage.Optimizer;
import carve.api.stage.OptimizerProvider;
import java.util.List;

/** A factory of {@code adamw} optimizers. */
public final class AdamWOptimizerProvider implements OptimizerProvider {
    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public Optimizer create(Settings settings) {
        List<Double> betas = settings.reals("betas");
        if (betas.size() != 2 || betas.stream().anyMatch(beta -> !(beta >= 0 && beta < 1))) {
            throw settings.error("betas", "must be two numbers from 0 to below 1, is " + betas);
        }
        return new AdamWOptimizer(
                atLeastZero(settings, "learning-rate"),
                betas.get(0),
                betas.get(1),
                atLeastZero(settings, "epsilon"),
                atLeastZero(settings, "weight-decay"),
                Selector.from(settings, "no-weight-decay"),
                rank(settings));
    }

    private static double atLeastZero(Settings settings, String key) {
        double value = settings.real(key);
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw settings.error(key, "must be zero or more, is " + value);
        }
        return value;
    }

    private static int rank(Settings settings) {
        int rank = settings.integer("weight-decay-min-rank");
        if (rank < 0) {
            throw settings.error("weight-decay-min-rank", "must be zero or more, is " + rank);
        }
        return rank;
    }
}
