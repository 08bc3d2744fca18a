package carve.runtime.catalog;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.data.FileNames;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Plans and recipes by name: a file, or a preset, which is the resource {@code carve-presets/NAME.conf} of a plugin's module.
 *
 * <p>The dash in the resource's path keeps it from being a package, whose resources a module would hide.
 *
 * @param modules the modules of the plugins
 */
public record Presets(Set<Module> modules) {
    private static final String FOLDER = "carve-presets/";
    private static final String SUFFIX = ".conf";

    /** Copies the set. */
    public Presets {
        modules = Set.copyOf(modules);
    }

    /** Returns the presets of the modules that providers are in. */
    public static Presets of(Collection<?> providers) {
        Set<Module> modules = new LinkedHashSet<>();
        providers.stream().map(provider -> provider.getClass().getModule()).forEach(modules::add);
        return new Presets(modules);
    }

    /**
     * Returns the settings of a file or preset.
     *
     * @param name a path, or the name of a preset
     * @throws SettingsException if there is neither, or it cannot be parsed
     */
    public TreeSettings load(String name) {
        SettingsFormat format = SettingsFormat.installed();
        Optional<Path> file = FileNames.resolve(Path.of(""), name).filter(Files::isRegularFile);
        if (file.isPresent()) {
            return format.file(file.get());
        }
        return modules.stream()
                .flatMap(module -> format.resource(module, FOLDER + name + SUFFIX).stream())
                .findFirst()
                .orElseThrow(() -> new SettingsException(
                        "%s: not a file, and %s".formatted(name, NameSuggestions.unknown("preset", name, names()))));
    }

    /** Returns the names of all presets. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        modules.forEach(module -> resources(module)
                .filter(path -> path.startsWith(FOLDER) && path.endsWith(SUFFIX))
                .forEach(path -> names.add(path.substring(FOLDER.length(), path.length() - SUFFIX.length()))));
        return names;
    }

    private static Stream<String> resources(Module module) {
        if (!module.isNamed()) {
            return ClassPathFolder.files(module.getClassLoader(), FOLDER);
        }
        Optional<ResolvedModule> resolved = module.getLayer().configuration().findModule(module.getName());
        if (resolved.isEmpty()) {
            return Stream.empty();
        }
        try (ModuleReader reader = resolved.get().reference().open()) {
            return reader.list().toList().stream();
        } catch (IOException e) {
            throw new SettingsException("module %s cannot be read: %s".formatted(module.getName(), e.getMessage()), e);
        }
    }
}
