package carve.runtime.catalog;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;

/** A parser of a settings language such as HOCON; found by {@link ServiceLoader}. */
public interface SettingsFormat {
    /**
     * Returns the settings of a file.
     *
     * @throws SettingsException if it does not exist or cannot be parsed; the message begins with file and line
     */
    TreeSettings file(Path file);

    /**
     * Returns the settings of a text.
     *
     * @param origin what messages call the text, in place of a file
     * @throws SettingsException if it cannot be parsed
     */
    TreeSettings parse(String text, String origin);

    /**
     * Returns the settings of a module's resource, if the module has it.
     *
     * @param name the resource's path, such as {@code reference.conf}
     * @throws SettingsException if it cannot be parsed
     */
    Optional<TreeSettings> resource(Module module, String name);

    /**
     * Returns the installed format.
     *
     * @throws SettingsException if there is none
     */
    static SettingsFormat installed() {
        return ServiceLookup.stream(SettingsFormat.class)
                .findFirst()
                .orElseThrow(() -> new SettingsException(
                        "no settings format is installed, so the plugins' reference.conf cannot be read; add the artifact"
                                + " carve-hocon to the module path or class path"));
    }
}
