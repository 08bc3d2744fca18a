package carve.distill.training;

import carve.api.loss.Loss;
import java.util.Set;

/**
 * A loss in a sum of losses.
 *
 * @param label what metrics call it: {@code mean-square@heads}
 * @param loss the loss
 */
public record Term(String label, Loss loss) {
    private static final Set<String> OF_MODELS = Set.of("embed", "final_norm", "logits");

    /** Returns whether the loss is evaluated for every converted layer, rather than once for the model. */
    public boolean isOfLayers() {
        return !OF_MODELS.contains(loss.site());
    }
}
