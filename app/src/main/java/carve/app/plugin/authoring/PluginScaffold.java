package carve.app.plugin.authoring;

import carve.api.config.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The build of a new plugin, before it is written.
 *
 * @param name its name and package
 * @param kind its kind
 */
public record PluginScaffold(PluginName name, PluginKind kind) {
    private static final String WRAPPER = "mvnw";

    /**
     * Checks that the name can be one of this kind.
     *
     * @throws SettingsException if it is reserved
     */
    public PluginScaffold {
        if (kind.reserved().contains(name.name())) {
            throw new SettingsException(
                    "'%s' cannot be the name of a %s: plans and settings give it another meaning; choose another name"
                            .formatted(name.name(), kind.word()));
        }
    }

    /** Returns the name of the plugin's class, such as {@code LongMemory}. */
    public String className() {
        return new PluginTemplates(name, kind).className();
    }

    /**
     * Writes the build into a folder, which is created, and returns the files in it.
     *
     * @param taken the names of the plugins of this kind that are installed
     * @throws SettingsException if the folder is not empty, or the name is taken
     * @throws IOException if a file cannot be written
     */
    public List<Path> write(Path folder, Set<String> taken) throws IOException {
        if (taken.contains(name.name())) {
            throw new SettingsException("'%s' is taken: installed %s are %s; choose another name"
                    .formatted(name.name(), kind.plural(), String.join(", ", taken)));
        }
        requireEmpty(folder);
        Map<String, String> files = new PluginTemplates(name, kind).files();
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path target = folder.resolve(file.getKey());
            Files.createDirectories(target.getParent());
            Files.writeString(target, file.getValue());
        }
        makeExecutable(folder.resolve(WRAPPER));
        return files.keySet().stream().map(Path::of).toList();
    }

    private static void requireEmpty(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> content = Files.list(folder)) {
                if (content.findAny().isPresent()) {
                    throw new SettingsException("%s is not empty; name a new folder with --out".formatted(folder));
                }
            }
        } else if (Files.exists(folder)) {
            throw new SettingsException("%s is a file; name a new folder with --out".formatted(folder));
        }
    }

    private static void makeExecutable(Path file) throws IOException {
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("%s cannot be made executable".formatted(file));
        }
    }
}
