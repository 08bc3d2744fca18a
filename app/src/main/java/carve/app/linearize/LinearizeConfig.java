package carve.app.linearize;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import java.util.List;

/**
 * The settings of a run, as {@code linearize.conf} has them.
 *
 * @param seed of new parameters, of the order of data and of texts that the teacher makes
 * @param keep how many layers keep attention, a number or a percentage
 * @param recipe a preset or a file, whose stages are run
 * @param budget what training may take
 * @param mixer of converted layers, a name under {@code mixers}
 * @param mixers the mixers
 * @param data more settings of the kind of data
 * @param validationRows the rows that are held back from training
 * @param scaling how the recipe's stages are scaled
 * @param forwardsPerStep how many forward passes of the teacher a step of training takes
 * @param trainingShare the share of a budget of time that is for training
 * @param ownData the texts that the teacher makes where there is no data
 * @param suggest settings over those of {@code suggest.conf}
 * @param measure what is measured at the end
 * @param everything all settings, as text
 */
record LinearizeConfig(
        long seed,
        String keep,
        String recipe,
        Budget budget,
        String mixer,
        SettingsNode.Section mixers,
        SettingsNode.Section data,
        int validationRows,
        StageScaling scaling,
        double forwardsPerStep,
        double trainingShare,
        OwnData ownData,
        SettingsNode.Section suggest,
        Measure measure,
        String everything) {
    /**
     * The texts that the teacher makes.
     *
     * @param share of the budget's tokens that are made
     * @param maxTokens the most tokens that are made
     * @param length the most tokens of a prompt, of an answer, or of a text
     * @param batchSize the most that are made side by side
     */
    record OwnData(double share, long maxTokens, int length, int batchSize) {
        static OwnData from(Settings settings) {
            return new OwnData(
                    positive(settings, "share"),
                    settings.longInteger("max-tokens"),
                    atLeast(settings, "length", 1),
                    atLeast(settings, "batch-size", 1));
        }
    }

    /**
     * The measurements at the end.
     *
     * @param newTokens the tokens of greedy continuations
     * @param tasks recall tasks
     * @param lengths of their texts, in tokens
     * @param samples of each task at each length
     * @param batchSize how many are answered side by side
     * @param speeds the lengths of sessions at which speed and state are measured
     */
    record Measure(
            int newTokens,
            List<String> tasks,
            List<Integer> lengths,
            int samples,
            int batchSize,
            List<Integer> speeds) {
        static Measure from(Settings settings) {
            return new Measure(
                    atLeast(settings, "new-tokens", 1),
                    settings.strings("tasks"),
                    settings.integers("lengths"),
                    atLeast(settings, "samples", 1),
                    atLeast(settings, "batch-size", 1),
                    settings.integers("speeds"));
        }
    }

    /**
     * Reads settings.
     *
     * @throws carve.api.config.SettingsException if one is wrong or unknown
     */
    static LinearizeConfig from(SettingsNode.Section section) {
        TreeSettings settings = new TreeSettings(section);
        Settings scale = settings.section("scale");
        LinearizeConfig config = new LinearizeConfig(
                settings.longInteger("seed"),
                settings.string("keep"),
                settings.string("recipe"),
                Budget.parse(settings.string("budget")),
                settings.string("mixer"),
                settings.section("mixers").asTree(),
                settings.section("data").asTree(),
                atLeast(settings, "validation-rows", 1),
                new StageScaling(
                        atLeast(settings, "max-length", 2),
                        atLeast(scale, "batch-size", 1),
                        atLeastOne(scale, "max-rate-factor"),
                        positive(scale, "max-learning-rate")),
                atLeastOne(scale, "forwards-per-step"),
                positive(scale, "training-share"),
                OwnData.from(settings.section("own-data")),
                settings.section("suggest").asTree(),
                Measure.from(settings.section("measure")),
                section.toMap().toString());
        settings.requireAllRead();
        return config;
    }

    /** Returns these settings with other rows held back. */
    LinearizeConfig withValidationRows(int rows) {
        return new LinearizeConfig(
                seed,
                keep,
                recipe,
                budget,
                mixer,
                mixers,
                data,
                rows,
                scaling,
                forwardsPerStep,
                trainingShare,
                ownData,
                suggest,
                measure,
                everything);
    }

    private static int atLeast(Settings settings, String key, int least) {
        int value = settings.integer(key);
        if (value < least) {
            throw settings.error(key, "must be %d or more, is %d".formatted(least, value));
        }
        return value;
    }

    private static double positive(Settings settings, String key) {
        double value = settings.real(key);
        if (!(value > 0) || Double.isInfinite(value)) {
            throw settings.error(key, "must be above 0, is " + value);
        }
        return value;
    }

    private static double atLeastOne(Settings settings, String key) {
        double value = settings.real(key);
        if (!(value >= 1) || Double.isInfinite(value)) {
            throw settings.error(key, "must be 1 or more, is " + value);
        }
        return value;
    }
}
