package carve.api.stage;

import carve.api.config.Settings;
import carve.api.loss.Loss;
import java.util.List;

/** A factory of the losses of a stage, from sections of its settings. */
public interface StageComponents {
    /**
     * Returns the loss that a section describes, which names its {@code type}.
     *
     * @throws carve.api.config.SettingsException if there is no such loss, or a setting is wrong
     */
    Loss loss(Settings section);

    /**
     * Returns the terms under the key {@code losses}, a list of sections. Each may set {@code inputs}, {@code
     * layer-reduction} and {@code every} for itself if it is a loss per layer.
     *
     * @param settings the settings of a stage
     * @param inputs the inputs of layers where a section does not set them
     * @param layerReduction the combination of layers where a section does not set it
     * @throws carve.api.config.SettingsException if there is no loss, or one is wrong
     */
    List<LossTerm> losses(Settings settings, LayerInputs inputs, LayerReduction layerReduction);
}
