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
        List<Double> betas = betas(settings);
        double rate = atLeastZero(settings, "learning-rate");
        double weightDecay = atLeastZero(settings, "weight-decay");
        ParamGroup rest = new ParamGroup(Selector.of(), rate, betas.get(0), betas.get(1), weightDecay);
        return new AdamWOptimizer(
                rate,
                rest.beta1(),
                rest.beta2(),
                atLeastZero(settings, "epsilon"),
                weightDecay,
                Selector.from(settings, "no-weight-decay"),
                rank(settings),
                groups(settings, rest));
    }

    private static List<ParamGroup> groups(Settings settings, ParamGroup rest) {
        List<Settings> sections = settings.sections("groups");
        if (!sections.isEmpty() && rest.learningRate() == 0) {
            throw settings.error("learning-rate", "must be positive if there are groups, is 0.0");
        }
        return sections.stream().map(section -> group(section, rest)).toList();
    }

    private static ParamGroup group(Settings section, ParamGroup rest) {
        if (section.strings("match").isEmpty()) {
            throw section.error("match", "must name the parameters of the group, such as [\"**attn**\"], is empty");
        }
        List<Double> betas = section.has("betas") ? betas(section) : List.of(rest.beta1(), rest.beta2());
        double rate = section.has("learning-rate") ? atLeastZero(section, "learning-rate") : rest.learningRate();
        if (rate == 0) {
            throw section.error(
                    "learning-rate", "must be positive, is 0.0; exclude the parameters from 'train' instead");
        }
        return new ParamGroup(
                Selector.from(section, "match"),
                rate,
                betas.get(0),
                betas.get(1),
                section.has("weight-decay") ? atLeastZero(section, "weight-decay") : rest.weightDecay());
    }

    private static List<Double> betas(Settings settings) {
        List<Double> betas = settings.reals("betas");
        if (betas.size() != 2 || betas.stream().anyMatch(beta -> !(beta >= 0 && beta < 1))) {
            throw settings.error("betas", "must be two numbers from 0 to below 1, is " + betas);
        }
        return betas;
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
