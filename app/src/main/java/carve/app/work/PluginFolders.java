package carve.app.work;

import carve.app.plugin.PluginException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where plugins are looked for.
 *
 * @param own those of the program, which come first
 * @param others those of settings, of the user and of the command line, in this order
 */
public record PluginFolders(List<Path> own, List<Path> others) {
    /** Copies the lists. */
    public PluginFolders {
        own = List.copyOf(own);
        others = List.copyOf(others);
    }

    /** Returns the folders of settings and command line. */
    public static PluginFolders of(AppConfig config, Globals globals) {
        List<Path> others = new ArrayList<>(config.plugins());
        others.addAll(globals.plugins());
        return new PluginFolders(
                globals.home().stream().map(home -> home.resolve("plugins")).toList(),
                others.stream().distinct().toList());
    }

    /** Returns all folders in the order in which they are looked at. */
    public List<Path> all() {
        List<Path> all = new ArrayList<>(own);
        all.addAll(others);
        return all;
    }

    /**
     * Returns the folder into which plugins are installed: the last one.
     *
     * @throws PluginException if there is none but the program's
     */
    public Path target() {
        if (others.isEmpty()) {
            throw new PluginException(
                    "there is no folder to install into; name one with --plugins, CARVE_PLUGINS or carve.plugins");
        }
        return others.getLast();
    }
}
