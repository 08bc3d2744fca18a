package carve.app.wiring;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The options that every command has.
 *
 * @param home the folder in which the program is installed; its {@code plugins} are the built-in ones
 * @param config files with settings, later ones over earlier ones
 * @param overrides settings of the command line
 * @param userPlugins the user's folders with plugins, which need not be there
 * @param plugins more folders with plugins, of the command line
 * @param device the name of a device, or nothing where the settings decide
 * @param kernels the policy on kernels, or nothing where the settings decide
 */
public record GlobalOptions(
        List<Path> home,
        List<Path> config,
        Map<String, String> overrides,
        List<Path> userPlugins,
        List<Path> plugins,
        String device,
        String kernels) {
    /** Copies the collections. */
    public GlobalOptions {
        home = List.copyOf(home);
        config = List.copyOf(config);
        overrides = Map.copyOf(overrides);
        userPlugins = List.copyOf(userPlugins);
        plugins = List.copyOf(plugins);
    }
}
