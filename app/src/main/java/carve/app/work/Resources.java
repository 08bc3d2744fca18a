package carve.app.work;

import carve.api.config.Names;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.plugin.PluginPlatform;
import carve.hocon.Hocon;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Finds plans and recipes: a file, or the name of a preset, which is the resource {@code carve-presets/NAME.conf} of a plugin.
 *
 * <p>The dash in the resource's path keeps it from being a package, whose resources a module would hide.
 *
 * @param platform the plugins
 */
public record Resources(PluginPlatform platform) {
    /**
     * Returns the settings of a file or preset.
     *
     * @param name a path, or the name of a preset
     * @throws SettingsException if there is neither, or it cannot be parsed
     */
    public TreeSettings find(String name) {
        if (Files.isRegularFile(Path.of(name))) {
            return Hocon.file(Path.of(name));
        }
        return preset(name)
                .orElseThrow(() -> new SettingsException(
                        "%s: neither a file nor a preset of a plugin; presets are words such as mmmamba-hybrid%s"
                                .formatted(name, Names.suggestion(name, Set.of("mmmamba-hybrid", "mmmamba-linear")))));
    }

    private Optional<TreeSettings> preset(String name) {
        if (!name.matches("[a-z][a-z0-9-]*")) {
            return Optional.empty();
        }
        Set<Module> modules = new LinkedHashSet<>();
        platform.providers().forEach(provider -> modules.add(provider.getClass().getModule()));
        return modules.stream()
                .flatMap(module -> Hocon.resource(module, "carve-presets/" + name + ".conf").stream())
                .findFirst();
    }
}
