package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.Optimizer;
import carve.runtime.catalog.Catalogs;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings that all stages have in addition to their declaration.
 *
 * @param startFrom what the student has to be
 * @param optimizer the update rule
 * @param learningRateSchedule the learning rate over the run
 * @param steps the number of optimizer steps
 * @param accumulationSteps the batches in a step, whose gradients are averaged
 * @param maxGradientNorm the norm that gradients are clipped to; 0 for no clipping
 * @param lora the low-rank adapters that are trained in place of weights, if any
 * @param dropout the probability with which the outputs of mixers and feed-forwards are dropped
 * @param gradientCheckpointing whether activations inside of layers are recomputed for gradients
 * @param layerWeighting how losses of layers are weighted
 * @param logitsLoss how many logits are computed at a time
 * @param batches how samples are batched
 * @param logging how often checkpoints and metrics are written
 */
public record TrainingConfig(
        StartFrom startFrom,
        Optimizer optimizer,
        LearningRateSchedule learningRateSchedule,
        long steps,
        int accumulationSteps,
        double maxGradientNorm,
        LoraConfig lora,
        double dropout,
        boolean gradientCheckpointing,
        LayerWeighting layerWeighting,
        ChunkedLogitsLoss logitsLoss,
        BatchConfig batches,
        LoggingConfig logging) {
    /** The required origin of the student of a stage. */
    public enum StartFrom {
        /** The result of the stage or conversion before this one; it is an error if there is none. */
        PREVIOUS_STAGE,
        /** Any model; but the result of the stage or conversion before this one if there is one. */
        ANY
    }

    /**
     * The intervals at which checkpoints and metrics are written.
     *
     * @param checkpointSteps steps between two checkpoints; there is always one at the end
     * @param maxCheckpoints the number of checkpoints that are kept
     * @param metricsSteps steps between two lines of metrics
     * @param tensorboard whether metrics are also written for TensorBoard
     */
    public record LoggingConfig(int checkpointSteps, int maxCheckpoints, int metricsSteps, boolean tensorboard) {
        private static LoggingConfig from(Settings settings) {
            return new LoggingConfig(
                    atLeast(settings, "checkpoint-steps", 1),
                    atLeast(settings, "max-checkpoints", 1),
                    atLeast(settings, "metrics-steps", 1),
                    settings.flag("tensorboard"));
        }
    }

    /**
     * Reads the settings of a stage.
     *
     * @throws carve.api.config.SettingsException if one is wrong
     */
    static TrainingConfig from(Settings settings, Catalogs catalogs) {
        long steps = steps(settings);
        return new TrainingConfig(
                settings.enumConstant("start-from", StartFrom.class),
                catalogs.optimizer(settings.section("optimizer")),
                catalogs.learningRateSchedule(settings.section("schedule"), steps),
                steps,
                atLeast(settings, "gradient-accumulation-steps", 1),
                maxGradientNorm(settings),
                LoraConfig.from(settings.section("lora")),
                dropout(settings),
                settings.flag("gradient-checkpointing"),
                settings.enumConstant("layer-weighting", LayerWeighting.class),
                ChunkedLogitsLoss.from(settings),
                new BatchConfig(
                        atLeast(settings, "batch-size", 1),
                        atLeast(settings, "length-bucket-batches", 1),
                        atLeast(settings, "padding-token", 0),
                        settings.longInteger("seed"),
                        atLeast(settings, "prefetch-batches", 1)),
                LoggingConfig.from(settings));
    }

    private static long steps(Settings settings) {
        if (settings.has(TokenBudget.TOKENS)) {
            TokenBudget.of(settings);
            throw settings.error(TokenBudget.TOKENS, "needs the data of a recipe; set 'steps' here");
        }
        if (!settings.has("steps")) {
            throw settings.error("steps", "is missing: the length of a stage is its 'steps', or its 'tokens'");
        }
        return atLeast(settings, "steps", 1);
    }

    private static double maxGradientNorm(Settings settings) {
        double norm = settings.real("max-gradient-norm");
        if (!(norm >= 0)) {
            throw settings.error("max-gradient-norm", "must be a norm, or 0 for no clipping, is " + norm);
        }
        return norm;
    }

    private static double dropout(Settings settings) {
        double rate = settings.real("dropout");
        if (!(rate >= 0 && rate < 1)) {
            throw settings.error("dropout", "must be a probability from 0 to below 1, is " + rate);
        }
        return rate;
    }

    private static int atLeast(Settings settings, String key, int least) {
        int value = settings.integer(key);
        if (value < least) {
            throw settings.error(key, "must be %d or more, is %d".formatted(least, value));
        }
        return value;
    }

    /** Returns the number of samples of a step. */
    long samplesPerStep() {
        return (long) batches.batchSize() * accumulationSteps;
    }

    /** Returns the settings that must be the same when a run is resumed, by key. */
    Map<String, String> fingerprint() {
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("optimizer", optimizer.toString());
        fixed.put("schedule", learningRateSchedule.toString());
        fixed.put("steps", Long.toString(steps));
        fixed.put("gradient-accumulation-steps", Integer.toString(accumulationSteps));
        fixed.put("max-gradient-norm", Double.toString(maxGradientNorm));
        if (!lora.isOff()) {
            fixed.put("lora", lora.toString());
        }
        if (dropout > 0) {
            fixed.put("dropout", Double.toString(dropout));
        }
        if (layerWeighting != LayerWeighting.ABSOLUTE) {
            fixed.put("layer-weighting", Settings.enumConstant(layerWeighting));
        }
        fixed.put("batch-size", Integer.toString(batches.batchSize()));
        fixed.put("length-bucket-batches", Integer.toString(batches.bucketBatches()));
        fixed.put("padding-token", Integer.toString(batches.paddingToken()));
        fixed.put("seed", Long.toString(batches.seed()));
        return fixed;
    }
}
