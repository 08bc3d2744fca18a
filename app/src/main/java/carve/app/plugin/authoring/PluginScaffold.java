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
 * A plugin that is about to be written.
 *
 * @param name what it is called
 * @param kind what it is
 */
public record PluginScaffold(PluginName name, PluginKind kind) {
    private static final String WRAPPER = "mvnw";

    /**
     * Writes the build into a folder, which is made, and returns the files in it.
     *
     * @param taken the names that plugins of this kind have already
     * @throws SettingsException if the folder holds something, or the name is taken
     * @throws IOException if a file cannot be written
     */
    public List<Path> write(Path folder, Set<String> taken) throws IOException {
        if (taken.contains(name.name())) {
            throw new SettingsException("'%s' is taken: there are the %s %s; choose another name"
                    .formatted(name.name(), kind.plural(), String.join(", ", taken)));
        }
        requireEmpty(folder);
        Map<String, String> files = new PluginTemplates(name).files(kind);
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
                    throw new SettingsException(
                            "%s holds something already; name a new folder with --out".formatted(folder));
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
