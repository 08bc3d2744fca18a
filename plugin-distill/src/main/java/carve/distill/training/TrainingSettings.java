package carve.distill.training;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.loss.Loss;
import carve.api.param.Selector;
import carve.api.stage.Optimizer;
import carve.api.stage.Schedule;
import carve.api.stage.StageException;
import carve.api.stage.StageParts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What every stage that trains is told.
 *
 * @param name of the stage
 * @param train chooses the trained parameters
 * @param among what the globs choose from
 * @param start what the student has to be
 * @param terms the losses
 * @param optimizer the rule of the steps
 * @param schedule of the learning rate
 * @param steps how many there are
 * @param accumulation batches in a step
 * @param clip the greatest norm of the gradients; 0 for any
 * @param dropout the probability with which what layers add is dropped
 * @param batches how samples become batches
 * @param reports how often something is written
 */
public record TrainingSettings(
        String name,
        Selector train,
        Among among,
        Start start,
        List<Term> terms,
        Optimizer optimizer,
        Schedule schedule,
        long steps,
        int accumulation,
        double clip,
        double dropout,
        BatchSettings batches,
        Reports reports) {
    private static final String FORCING = "forcing";
    private static final String LAYERS = "layers";

    /** What the globs of a stage choose from. */
    public enum Among {
        /** The parameters of the layers that the plan converted. */
        CONVERTED,
        /** All parameters but those of the layers that the plan kept. */
        EXCEPT_KEPT,
        /** All parameters. */
        ALL
    }

    /** What the student of a stage has to be. */
    public enum Start {
        /** What the stage or conversion before this one ended with; without one the stage refuses. */
        PREDECESSOR,
        /** Anything, but what came before if something did. */
        ANY
    }

    /**
     * How often something is written.
     *
     * @param checkpointEvery steps from one checkpoint to the next; there is always one at the end
     * @param keep how many checkpoints stay
     * @param metricsEvery steps from one line of metrics to the next
     * @param tensorboard whether metrics are also written for TensorBoard
     */
    public record Reports(int checkpointEvery, int keep, int metricsEvery, boolean tensorboard) {}

    /** Copies the list. */
    public TrainingSettings {
        terms = List.copyOf(terms);
    }

    /**
     * What losses are about that say nothing else for themselves.
     *
     * @param forcing what layers are given
     * @param layers what is made of values at several layers
     */
    public record Defaults(Forcing forcing, OverLayers layers) {}

    /**
     * Reads the settings of a stage.
     *
     * @throws carve.api.config.SettingsException if one is wrong
     */
    public static TrainingSettings from(Settings settings, StageParts parts, Defaults defaults) {
        long steps = atLeast(settings, "steps", 1);
        return new TrainingSettings(
                settings.string("name"),
                selector(settings),
                settings.word("among", Among.class),
                settings.word("start", Start.class),
                terms(settings, parts, defaults),
                parts.optimizer(settings.section("optimizer")),
                parts.schedule(settings.section("schedule"), steps),
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

    private static List<Term> terms(Settings settings, StageParts parts, Defaults defaults) {
        List<Term> terms = new ArrayList<>();
        for (Settings section : settings.sections("losses")) {
            Term term = term(section, parts, defaults);
            boolean taken = terms.stream().anyMatch(other -> other.label().equals(term.label()));
            String label = taken ? term.label() + "-" + (terms.size() + 1) : term.label();
            terms.add(new Term(label, term.loss(), term.forcing(), term.layers()));
        }
        if (terms.isEmpty()) {
            throw settings.error("losses", "must name a loss, such as [{ type = kl }], is empty");
        }
        return terms;
    }

    // forcing and layers are words for any loss, whoever made it
    private static Term term(Settings section, StageParts parts, Defaults defaults) {
        Forcing forcing = section.has(FORCING) ? section.word(FORCING, Forcing.class) : defaults.forcing();
        OverLayers layers = section.has(LAYERS) ? section.word(LAYERS, OverLayers.class) : defaults.layers();
        String type = section.string("type");
        Loss loss = parts.loss(new TreeSettings(section.take().without(FORCING).without(LAYERS)));
        Term term = new Term(type + "@" + loss.site(), loss, forcing, layers);
        for (String key : List.of(FORCING, LAYERS)) {
            if (section.has(key) && !term.isOfLayers()) {
                throw section.error(
                        key,
                        "is for losses at a site of layers (heads, output, hidden), not %s".formatted(term.label()));
            }
        }
        return term;
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

    private static BatchSettings batches(Settings settings) {
        return new BatchSettings(
                (int) atLeast(settings, "batch-size", 1),
                (int) atLeast(settings, "bucket", 1),
                (int) atLeast(settings, "padding", 0),
                settings.longInteger("seed"),
                (int) atLeast(settings, "prefetch", 1));
    }

    private static Reports reports(Settings settings) {
        return new Reports(
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
    Map<String, String> fixed() {
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("train", train + " among " + Settings.word(among));
        fixed.put("losses", terms.stream().map(Term::fixed).toList().toString());
        fixed.put("optimizer", optimizer.toString());
        fixed.put("schedule", schedule.toString());
        fixed.put("steps", Long.toString(steps));
        fixed.put("accumulation", Integer.toString(accumulation));
        fixed.put("gradient-clip", Double.toString(clip));
        if (dropout > 0) {
            fixed.put("dropout", Double.toString(dropout));
        }
        fixed.put("batch-size", Integer.toString(batches.size()));
        fixed.put("bucket", Integer.toString(batches.bucket()));
        fixed.put("padding", Integer.toString(batches.padding()));
        fixed.put("seed", Long.toString(batches.seed()));
        return fixed;
    }
}
