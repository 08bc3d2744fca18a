package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.loss.Loss;
import carve.api.param.Selector;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.Optimizer;
import carve.api.stage.StageComponents;
import carve.api.stage.StageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What every stage that trains is told.
 *
 * @param name of the stage
 * @param train chooses the trained parameters
 * @param trainScope what the globs choose from
 * @param startFrom what the student has to be
 * @param terms the losses
 * @param optimizer the rule of the steps
 * @param learningRateSchedule of the learning rate
 * @param steps how many there are
 * @param accumulationSteps batches in a step
 * @param maxGradientNorm the greatest norm of the gradients; 0 for any
 * @param dropout the probability with which what layers add is dropped
 * @param batches how samples become batches
 * @param logging how often something is written
 */
public record TrainingConfig(
        String name,
        Selector train,
        TrainScope trainScope,
        StartFrom startFrom,
        List<LossTerm> terms,
        Optimizer optimizer,
        LearningRateSchedule learningRateSchedule,
        long steps,
        int accumulationSteps,
        double maxGradientNorm,
        double dropout,
        BatchConfig batches,
        LoggingConfig logging) {
    private static final String INPUTS = "forcing";
    private static final String LAYER_REDUCTION = "layers";

    /** What the globs of a stage choose from. */
    public enum TrainScope {
        /** The parameters of the layers that the plan converted. */
        CONVERTED,
        /** All parameters but those of the layers that the plan kept. */
        EXCEPT_KEPT,
        /** All parameters. */
        ALL
    }

    /** What the student of a stage has to be. */
    public enum StartFrom {
        /** What the stage or conversion before this one ended with; without one the stage refuses. */
        PREDECESSOR,
        /** Anything, but what came before if something did. */
        ANY
    }

    /**
     * How often something is written.
     *
     * @param checkpointEvery steps from one checkpoint to the next; there is always one at the end
     * @param maxCheckpoints how many checkpoints stay
     * @param metricsEvery steps from one line of metrics to the next
     * @param tensorboard whether metrics are also written for TensorBoard
     */
    public record LoggingConfig(int checkpointEvery, int maxCheckpoints, int metricsEvery, boolean tensorboard) {}

    /** Copies the list. */
    public TrainingConfig {
        terms = List.copyOf(terms);
    }

    /**
     * What losses are about that say nothing else for themselves.
     *
     * @param inputs what layers are given
     * @param layerReduction what is made of values at several layers
     */
    public record LossDefaults(LayerInputs inputs, LayerReduction layerReduction) {}

    /**
     * Reads the settings of a stage.
     *
     * @throws carve.api.config.SettingsException if one is wrong
     */
    public static TrainingConfig from(Settings settings, StageComponents parts, LossDefaults lossDefaults) {
        long steps = atLeast(settings, "steps", 1);
        return new TrainingConfig(
                settings.string("name"),
                selector(settings),
                settings.enumConstant("among", TrainScope.class),
                settings.enumConstant("start", StartFrom.class),
                terms(settings, parts, lossDefaults),
                parts.optimizer(settings.section("optimizer")),
                parts.learningRateSchedule(settings.section("schedule"), steps),
                steps,
                (int) atLeast(settings, "accumulation", 1),
                clip(settings),
                dropout(settings),
                batches(settings),
                reports(settings));
    }

    private static Selector selector(Settings settings) {
        List<String> globs = settings.strings("train");
        if (globs.isEmpty()) {
            throw settings.error(
                    "train", "must name the parameters to train, such as [\"layers.*.mixer.**\"], is empty");
        }
        try {
            return Selector.of(globs);
        } catch (IllegalArgumentException e) {
            throw settings.error("train", "has a glob that is none: " + e.getMessage());
        }
    }

    private static List<LossTerm> terms(Settings settings, StageComponents parts, LossDefaults lossDefaults) {
        List<LossTerm> terms = new ArrayList<>();
        for (Settings section : settings.sections("losses")) {
            LossTerm lossTerm = term(section, parts, lossDefaults);
            boolean taken = terms.stream().anyMatch(other -> other.label().equals(lossTerm.label()));
            String label = taken ? lossTerm.label() + "-" + (terms.size() + 1) : lossTerm.label();
            terms.add(new LossTerm(label, lossTerm.loss(), lossTerm.inputs(), lossTerm.layerReduction()));
        }
        if (terms.isEmpty()) {
            throw settings.error("losses", "must name a loss, such as [{ type = kl }], is empty");
        }
        return terms;
    }

    // forcing and layers are words for any loss, whoever made it
    private static LossTerm term(Settings section, StageComponents parts, LossDefaults lossDefaults) {
        LayerInputs layerInputs =
                section.has(INPUTS) ? section.enumConstant(INPUTS, LayerInputs.class) : lossDefaults.inputs();
        LayerReduction layers = section.has(LAYER_REDUCTION)
                ? section.enumConstant(LAYER_REDUCTION, LayerReduction.class)
                : lossDefaults.layerReduction();
        String type = section.string("type");
        Loss loss = parts.loss(new TreeSettings(section.asTree().without(INPUTS).without(LAYER_REDUCTION)));
        LossTerm lossTerm = new LossTerm(type + "@" + loss.site(), loss, layerInputs, layers);
        for (String key : List.of(INPUTS, LAYER_REDUCTION)) {
            if (section.has(key) && !lossTerm.isPerLayer()) {
                throw section.error(
                        key,
                        "is for losses at a site of layers (heads, output, hidden), not %s"
                                .formatted(lossTerm.label()));
            }
        }
        return lossTerm;
    }

    private static double clip(Settings settings) {
        double clip = settings.real("gradient-clip");
        if (!(clip >= 0)) {
            throw settings.error("gradient-clip", "must be a norm, or 0 for any, is " + clip);
        }
        return clip;
    }

    private static double dropout(Settings settings) {
        double rate = settings.real("dropout");
        if (!(rate >= 0 && rate < 1)) {
            throw settings.error("dropout", "must be a probability from 0 to below 1, is " + rate);
        }
        return rate;
    }

    private static BatchConfig batches(Settings settings) {
        return new BatchConfig(
                (int) atLeast(settings, "batch-size", 1),
                (int) atLeast(settings, "bucket", 1),
                (int) atLeast(settings, "padding", 0),
                settings.longInteger("seed"),
                (int) atLeast(settings, "prefetch", 1));
    }

    private static LoggingConfig reports(Settings settings) {
        return new LoggingConfig(
                (int) atLeast(settings, "checkpoint-every", 1),
                (int) atLeast(settings, "keep", 1),
                (int) atLeast(settings, "metrics-every", 1),
                settings.flag("tensorboard"));
    }

    private static long atLeast(Settings settings, String key, int least) {
        int value = settings.integer(key);
        if (value < least) {
            throw settings.error(key, "must be %d or more, is %d".formatted(least, value));
        }
        return value;
    }

    /** Returns the exception that says what went wrong in this stage. */
    StageException failure(String problem) {
        return new StageException("stage '%s': %s".formatted(name, problem));
    }

    /** Returns what a run must not change when it is resumed, by key. */
    Map<String, String> fingerprint() {
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("train", train + " among " + Settings.enumConstant(trainScope));
        fixed.put("losses", terms.stream().map(LossTerm::fingerprint).toList().toString());
        fixed.put("optimizer", optimizer.toString());
        fixed.put("schedule", learningRateSchedule.toString());
        fixed.put("steps", Long.toString(steps));
        fixed.put("accumulation", Integer.toString(accumulationSteps));
        fixed.put("gradient-clip", Double.toString(maxGradientNorm));
        if (dropout > 0) {
            fixed.put("dropout", Double.toString(dropout));
        }
        fixed.put("batch-size", Integer.toString(batches.batchSize()));
        fixed.put("bucket", Integer.toString(batches.bucketBatches()));
        fixed.put("padding", Integer.toString(batches.paddingToken()));
        fixed.put("seed", Long.toString(batches.seed()));
        return fixed;
    }
}
