package carve.app.wiring;

import carve.app.plugin.PluginException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where plugins are looked for.
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

    /** Returns the folders of settings and command line. */
    public static PluginFolders of(AppConfig config, GlobalOptions globalOptions) {
        List<Path> others = new ArrayList<>(config.plugins());
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
