package carve.app.plugin;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.hocon.Hocon;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds plans and recipes: a file, or the name of a preset, which is the resource {@code carve-presets/NAME.conf} of a plugin.
 *
 * <p>The dash in the resource's path keeps it from being a package, whose resources a module would hide.
 *
 * @param platform the plugins
 */
public record Presets(PluginSet platform) {
    private static final String FOLDER = "carve-presets/";
    private static final String SUFFIX = ".conf";

    /**
     * Returns the settings of a file or preset.
     *
     * @param name a path, or the name of a preset
     * @throws SettingsException if there is neither, or it cannot be parsed
     */
    public TreeSettings load(String name) {
        if (Files.isRegularFile(Path.of(name))) {
            return Hocon.parseFile(Path.of(name));
        }
        return preset(name)
                .orElseThrow(() -> new SettingsException(
                        "%s: not a file, and %s".formatted(name, NameSuggestions.unknown("preset", name, names()))));
    }

    private Optional<TreeSettings> preset(String name) {
        return modules().stream()
                .flatMap(module -> Hocon.parseResource(module, FOLDER + name + SUFFIX).stream())
                .findFirst();
    }

    /** Returns the names of all presets. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        modules()
                .forEach(module -> resources(module)
                        .filter(path -> path.startsWith(FOLDER) && path.endsWith(SUFFIX))
                        .forEach(path -> names.add(path.substring(FOLDER.length(), path.length() - SUFFIX.length()))));
        return names;
    }

    private Set<Module> modules() {
        Set<Module> modules = new LinkedHashSet<>();
        platform.providers().stream()
                .map(provider -> provider.getClass().getModule())
                .filter(Module::isNamed)
                .forEach(modules::add);
        return modules;
    }

    private static Stream<String> resources(Module module) {
        Optional<ResolvedModule> resolved = module.getLayer().configuration().findModule(module.getName());
        if (resolved.isEmpty()) {
            return Stream.empty();
        }
        try (ModuleReader reader = resolved.get().reference().open()) {
            return reader.list().toList().stream();
        } catch (IOException e) {
            throw new PluginException("module %s cannot be read: %s".formatted(module.getName(), e.getMessage()), e);
        }
    }
}
