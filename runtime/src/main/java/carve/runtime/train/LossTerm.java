package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import java.util.Set;

/**
 * A loss in a sum of losses.
 *
 * @param label what metrics call it: {@code mean-square@heads}
 * @param loss the loss
 * @param inputs what the layers that it compares are given
 * @param layerReduction what is made of its values at several layers
 */
public record LossTerm(String label, Loss loss, LayerInputs inputs, LayerReduction layerReduction) {
    /** The site that a layer's output has in lists of hidden states: of the last layer, after the final norm. */
    public static final String HIDDEN = "hidden";

    private static final Set<String> MODEL_SITES = Set.of("embed", "final_norm", "logits");

    /** Returns whether the loss is evaluated for every converted layer, rather than once for the model. */
    public boolean isPerLayer() {
        return !MODEL_SITES.contains(loss.site());
    }

    /** Returns the site in a model with so many layers, where this layer has it. */
    public String site(int layer, int count) {
        String site = loss.site();
        if (site.equals(HIDDEN)) {
            return layer == count - 1 ? "final_norm" : "layers." + layer + ".output";
        }
        return "layers." + layer + "." + site;
    }

    /** Returns what a run must not change when it is resumed. */
    String fingerprint() {
        return isPerLayer()
                ? "%s with forcing %s, %s of layers"
                        .formatted(loss, Settings.enumConstant(inputs), Settings.enumConstant(layerReduction))
                : loss.toString();
    }
}
