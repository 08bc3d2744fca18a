package carve.api.mixer;

import carve.api.config.Settings;

/** Makes mixers of one kind; found by {@link java.util.ServiceLoader}. */
public interface MixerProvider {
    /** Returns the name that plans know the mixer by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns the mixer of a layer.
     *
     * @param dims what the model says
     * @param settings the mixer's section of the plan over its defaults; every key that is written there must be read
     * @throws carve.api.config.SettingsException if a setting is wrong
     */
    Mixer create(LayerConfig dims, Settings settings);
}
