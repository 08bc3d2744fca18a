package carve.api.stage;

import carve.api.loss.Loss;
import carve.api.model.Site;

/**
 * A loss as a term of a stage's weighted sum of losses.
 *
 * @param label what metrics call it: {@code mean-squared-error@heads}
 * @param loss the loss, with its site and weight
 * @param inputs the inputs of the layers that a loss per layer compares
 * @param layerReduction how the values of a loss per layer are combined
 */
public record LossTerm(String label, Loss loss, LayerInputs inputs, LayerReduction layerReduction) {
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
        return new LossTerm(name + "@" + loss.site(), loss, inputs, layerReduction);
    }

    /** Returns this term with another label. */
    public LossTerm withLabel(String other) {
        return new LossTerm(other, loss, inputs, layerReduction);
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
