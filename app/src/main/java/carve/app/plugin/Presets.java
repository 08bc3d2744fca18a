package carve.app.plugin;

import carve.api.config.TreeSettings;
import java.util.Set;

/**
 * The presets of all plugins, as {@link carve.runtime.catalog.Presets} finds them.
 *
 * @param platform the plugins
 */
public record Presets(PluginSet platform) {
    /**
     * Returns the settings of a file or preset.
     *
     * @param name a path, or the name of a preset
     * @throws carve.api.config.SettingsException if there is neither, or it cannot be parsed
     */
    public TreeSettings load(String name) {
        return all().load(name);
    }

    /** Returns the names of all presets. */
    public Set<String> names() {
        return all().names();
    }

    private carve.runtime.catalog.Presets all() {
        return carve.runtime.catalog.Presets.of(platform.providers());
    }
}
