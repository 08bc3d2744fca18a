package carve.runtime.train;

import carve.api.model.LoadedModel;
import carve.api.model.Site;
import carve.api.stage.StageException;
import carve.api.tensor.Tensor;
import java.util.Map;

/**
 * The values that were observed at the sites of one model.
 *
 * @param stage the stage's name, for messages
 * @param role {@code teacher} or {@code student}, for messages
 * @param model the model
 * @param values the values by site
 */
record Sites(String stage, String role, LoadedModel model, Map<Site, Tensor> values) {
    /**
     * Returns the value at a site.
     *
     * @throws StageException if the model has no such site; the message names model, layer and mixer
     */
    Tensor require(Site site) {
        Tensor value = values.get(site);
        if (value == null) {
            throw new StageException("stage '%s': the %s (%s) has no site '%s'; %s"
                    .formatted(stage, role, model.spec().family(), site, available(site)));
        }
        return value;
    }

    private String available(Site site) {
        if (site instanceof Site.Layer layer
                && layer.index() < model.spec().layers().size()) {
            return "the mixer '%s' of layer %d does not publish '%s'; mixers publish 'heads', and attention and Mamba-2 'matrix', and every layer has 'input', 'mixer', 'output' and 'hidden'"
                    .formatted(
                            model.spec().layers().get(layer.index()).mixerSpec().name(), layer.index(), layer.name());
        }
        return "models have embed, final_norm, logits, and for each of their %d layers heads, input, mixer, output and hidden"
                .formatted(model.spec().layers().size());
    }
}
