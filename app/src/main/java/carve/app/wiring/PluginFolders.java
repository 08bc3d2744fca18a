package carve.app.wiring;

import carve.app.plugin.PluginException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folders in which plugins are looked for; each has a folder for each plugin.
 *
 * @param builtIn those of the program, which come first
 * @param user those of settings, of the user and of the command line, in this order
 */
public record PluginFolders(List<Path> builtIn, List<Path> user) {
    /** Copies the lists. */
    public PluginFolders {
        builtIn = List.copyOf(builtIn);
        user = List.copyOf(user);
    }

    /**
     * Returns the folders of settings, user and command line, after a look whether those that were named are there.
     *
     * @throws PluginException if a folder that settings or {@code --plugins} name is not there, or is that of one plugin; the
     *     user's own need not be there before a plugin is installed
     */
    public static PluginFolders existing(AppConfig config, GlobalOptions globalOptions) {
        config.plugins().forEach(folder -> requireFolder("carve.plugins", folder));
        globalOptions.plugins().forEach(folder -> requireFolder("--plugins", folder));
        return of(config, globalOptions);
    }

    private static void requireFolder(String origin, Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new PluginException(
                    "%s names %s, which is no folder; it should have a folder for each plugin, as target/plugins of a plugin's build has"
                            .formatted(origin, folder));
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (files.anyMatch(file -> file.toString().endsWith(".jar"))) {
                throw new PluginException(
                        "%s names %s, which is the folder of one plugin; name the folder around it, %s"
                                .formatted(
                                        origin,
                                        folder,
                                        folder.resolveSibling("").normalize()));
            }
        } catch (IOException e) {
            throw new PluginException("%s names %s, which cannot be read: %s".formatted(origin, folder, e), e);
        }
    }

    /** Returns the folders of settings, user and command line, which need not be there. */
    public static PluginFolders of(AppConfig config, GlobalOptions globalOptions) {
        List<Path> others = new ArrayList<>(config.plugins());
        others.addAll(globalOptions.userPlugins());
        others.addAll(globalOptions.plugins());
        return new PluginFolders(
                globalOptions.home().stream()
                        .map(home -> home.resolve("plugins"))
                        .toList(),
                others.stream().distinct().toList());
    }

    /** Returns all folders in the order in which they are looked at. */
    public List<Path> all() {
        List<Path> all = new ArrayList<>(builtIn);
        all.addAll(user);
        return all;
    }

    /**
     * Returns the folder into which plugins are installed: the last one.
     *
     * @throws PluginException if there is none but the program's
     */
    public Path installFolder() {
        if (user.isEmpty()) {
            throw new PluginException(
                    "there is no folder to install into; name one with --plugins, CARVE_PLUGINS or carve.plugins");
        }
        return user.getLast();
    }
}
