package carve.api.stage;

import carve.api.loss.Loss;
import carve.api.model.Site;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A loss as a term of a stage's weighted sum of losses.
 *
 * @param label what metrics call it: {@code mean-squared-error@heads}
 * @param loss the loss, with its site and weight
 * @param inputs the inputs of the layers that a loss per layer compares
 * @param layerReduction how the values of a loss per layer are combined
 * @param every n, of a loss per layer: it is evaluated for every n-th converted layer, the n-th first; 1 for all
 */
public record LossTerm(String label, Loss loss, LayerInputs inputs, LayerReduction layerReduction, int every) {
    /**
     * Checks n.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public LossTerm {
        if (every < 1) {
            throw new IllegalArgumentException("%s for every %d-th layer, expected 1 or more".formatted(label, every));
        }
    }

    /**
     * Returns the term of a loss whose models run end to end; a loss per layer is the mean over the converted layers.
     *
     * @param name the loss's name, which the label begins with
     */
    public static LossTerm of(String name, Loss loss) {
        return of(name, loss, LayerInputs.OWN, LayerReduction.MEAN);
    }

    /**
     * Returns the term of a loss, with the label {@code NAME@SITE}.
     *
     * @param name the loss's name
     */
    public static LossTerm of(String name, Loss loss, LayerInputs inputs, LayerReduction layerReduction) {
        return new LossTerm(name + "@" + loss.site(), loss, inputs, layerReduction, 1);
    }

    /** Returns this term with another label. */
    public LossTerm withLabel(String other) {
        return new LossTerm(other, loss, inputs, layerReduction, every);
    }

    /**
     * Returns this term for every n-th converted layer.
     *
     * @throws IllegalArgumentException if n is less than 1
     */
    public LossTerm everyNth(int n) {
        return new LossTerm(label, loss, inputs, layerReduction, n);
    }

    /**
     * Returns the layers that a loss per layer is evaluated for.
     *
     * @param converted the numbers of the converted layers
     */
    public List<Integer> layersAmong(List<Integer> converted) {
        List<Integer> sorted = converted.stream().sorted().toList();
        return IntStream.range(0, sorted.size())
                .filter(i -> (i + 1) % every == 0)
                .mapToObj(sorted::get)
                .toList();
    }

    /** Returns whether the loss is evaluated for each converted layer, rather than once for the model. */
    public boolean isPerLayer() {
        return loss.site() instanceof Site.EachLayer;
    }

    /** Returns whether the term needs a teacher: its values to compare with, or the inputs of its layers. */
    public boolean needsTeacher() {
        return inputs != LayerInputs.OWN || loss.needsTeacher();
    }
}
