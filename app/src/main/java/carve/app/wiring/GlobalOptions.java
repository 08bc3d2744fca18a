package carve.app.wiring;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What every command is told.
 *
 * @param home the folder in which the program is installed; its {@code plugins} are the built-in ones
 * @param config files with settings, later ones over earlier ones
 * @param overrides settings of the command line
 * @param plugins more folders with plugins
 * @param device the name of a device, or nothing where the settings decide
 * @param kernels the policy on kernels, or nothing where the settings decide
 */
public record GlobalOptions(
        List<Path> home,
        List<Path> config,
        Map<String, String> overrides,
        List<Path> plugins,
        String device,
        String kernels) {
    /** Copies the collections. */
    public GlobalOptions {
        home = List.copyOf(home);
        config = List.copyOf(config);
        overrides = Map.copyOf(overrides);
        plugins = List.copyOf(plugins);
    }
}
