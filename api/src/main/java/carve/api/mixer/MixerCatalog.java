package carve.api.mixer;

import carve.api.config.SettingsNode;
import java.util.Set;

/** The mixers that are installed, with the defaults of their settings. */
public interface MixerCatalog {
    /** Returns their names, sorted. */
    Set<String> names();

    /**
     * Returns a mixer.
     *
     * @param name its name
     * @param dims what the model says
     * @param settings what is set, and where it was written; everything else has the mixer's defaults
     * @throws carve.api.config.SettingsException if there is no such mixer, with suggestions; if a setting is wrong, or
     *     was not read
     */
    Mixer create(String name, LayerConfig dims, SettingsNode.Section settings);
}
