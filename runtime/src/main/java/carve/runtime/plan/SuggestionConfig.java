package carve.runtime.plan;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.runtime.catalog.Catalogs;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallTask;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.train.TrainingStage;
import java.util.List;
import java.util.Map;

/**
 * The settings of {@link PlanSuggester}, as {@code suggest.conf} has them.
 *
 * @param method how layers are scored
 * @param kept how many keep their attention
 * @param seed of new parameters, data and recall tasks
 * @param score what a change is measured by, where a method leaves it open
 * @param samples how many samples are measured
 * @param batchSize of the measurement
 * @param window how many positions a query sees under the method {@code window}
 * @param heads whether the method {@code importance} measures heads
 * @param initialised whether the method {@code marginal} also measures layers before their alignment
 * @param recall the recall tasks
 * @param data the section of the data
 * @param align the alignment
 * @param alignedSamples how many samples the alignment takes
 * @param restore the end-to-end training of the method {@code restore-one}
 * @param everything the settings that measurements depend on, as text
 */
record SuggestionConfig(
        SuggestionMethod method,
        KeptLayers kept,
        long seed,
        Score score,
        int samples,
        int batchSize,
        int window,
        boolean heads,
        boolean initialised,
        Recall recall,
        Settings data,
        TrainingStage align,
        long alignedSamples,
        TrainingStage restore,
        String everything) {
    /** The measure of a change of the model. */
    enum Score {
        /** The KL divergence of the predictions. */
        KL_DIVERGENCE,
        /** The increase of the cross-entropy of answers. */
        LOSS,
        /** The loss of accuracy in recall tasks. */
        RECALL
    }

    /**
     * The recall tasks.
     *
     * @param tasks the tasks
     * @param grid their lengths, and how many examples
     */
    record Recall(List<RecallTask> tasks, RecallGrid grid) {}

    /**
     * Reads settings.
     *
     * @throws SettingsException if one is wrong or unknown
     */
    static SuggestionConfig from(TreeSettings settings, Catalogs catalogs) {
        TreeSettings align = new TreeSettings(settings.section("align").asTree());
        Settings alignment = settings.section("align");
        SuggestionConfig config = new SuggestionConfig(
                method(settings),
                KeptLayers.of(settings.string("keep")),
                settings.longInteger("seed"),
                settings.enumConstant("score", Score.class),
                positive(settings, "samples"),
                positive(settings, "batch-size"),
                positive(settings, "window"),
                settings.flag("heads"),
                settings.flag("measure-initialised"),
                recall(settings.section("recall"), settings.longInteger("seed")),
                new TreeSettings(settings.section("data").asTree()),
                TrainingStage.of(align, catalogs),
                alignment.longInteger("steps") * alignment.integer("batch-size"),
                TrainingStage.of(new TreeSettings(settings.section("restore").asTree()), catalogs),
                settings.asTree().without("keep").toMap().toString());
        settings.string("mixer");
        settings.section("mixers").asTree();
        settings.requireAllRead();
        return config;
    }

    private static SuggestionMethod method(Settings settings) {
        SuggestionMethod method = settings.enumConstant("by", SuggestionMethod.class);
        if (method == SuggestionMethod.IMPORTED) {
            throw settings.error("by", "cannot be 'imported'; name the file with --import");
        }
        return method;
    }

    private static int positive(Settings settings, String key) {
        int value = settings.integer(key);
        if (value < 1) {
            throw settings.error(key, "must be positive, is " + value);
        }
        return value;
    }

    private static Recall recall(Settings settings, long seed) {
        List<String> names = settings.strings("tasks");
        if (names.isEmpty()) {
            throw settings.error("tasks", "must name a recall task; there are " + RecallTasks.names());
        }
        RecallGrid grid = RecallGrid.of(
                settings.integers("lengths"), positive(settings, "samples"), seed, positive(settings, "batch-size"));
        return new Recall(RecallTasks.named(names, Haystack.NOISE), grid);
    }

    /** Returns the plan that converts every layer by the settings' mixer. */
    static LayerPlan convertAll(Settings settings, int layers) {
        SettingsNode repeat = new SettingsNode.Scalar(settings.string("mixer"), settings.origin("mixer"));
        var plan = new SettingsNode.Section(
                Map.of("repeat", repeat, "mixers", settings.section("mixers").asTree()), settings.origin());
        return LayerPlanReader.read(new TreeSettings(plan), layers);
    }
}
