package carve.api.stage;

import carve.api.config.Settings;
import carve.api.param.Selector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A stage of training, declared: which parameters are trained, and which losses are added up. It is data; the runtime runs it,
 * with batches, optimizer, schedule, checkpoints, resuming and metrics as the recipe sets them for every stage. Made by a
 * {@link StageProvider}.
 *
 * <p>The sites that are observed are those of the losses. The teacher's value at a site is computed only if a loss there
 * {@linkplain carve.api.loss.Loss#needsTeacher() needs it}.
 *
 * @param train selects the trained parameters
 * @param trainScope the parameters that {@code train} selects from
 * @param losses the terms whose weighted sum is minimised; a label that occurs twice gets a number
 * @param paddingMask what models see of padding
 */
public record Stage(Selector train, TrainScope trainScope, List<LossTerm> losses, PaddingMask paddingMask) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there is no loss
     */
    public Stage {
        if (losses.isEmpty()) {
            throw new IllegalArgumentException("a stage needs a loss");
        }
        losses = numbered(losses);
    }

    /** Returns a stage that trains parameters of the converted layers and tells models where padding is. */
    public static Stage of(Selector train, List<LossTerm> losses) {
        return new Stage(train, TrainScope.CONVERTED, losses, PaddingMask.FULL);
    }

    /**
     * Returns the globs under the key {@code train}.
     *
     * @throws carve.api.config.SettingsException if there are none, or one is invalid
     */
    public static Selector train(Settings settings) {
        if (settings.strings("train").isEmpty()) {
            throw settings.error(
                    "train", "must name the parameters to train, such as [\"layers.*.mixer.**\"], is empty");
        }
        return Selector.from(settings, "train");
    }

    private static List<LossTerm> numbered(List<LossTerm> losses) {
        Set<String> labels = new HashSet<>();
        List<LossTerm> terms = new ArrayList<>();
        for (LossTerm term : losses) {
            terms.add(labels.add(term.label()) ? term : term.withLabel(term.label() + "-" + (terms.size() + 1)));
        }
        return List.copyOf(terms);
    }

    /** Returns whether the stage needs a teacher. */
    public boolean needsTeacher() {
        return losses.stream().anyMatch(LossTerm::needsTeacher);
    }
}
