package carve.runtime.catalog;

import carve.api.config.SettingsException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * A format other than JSON in which other projects write their configurations, such as YAML; found by {@link ServiceLoader}.
 *
 * <p>Files are untrusted: an implementation bounds length, nesting and the number of values.
 */
public interface ConfigFormat {
    /** Returns the extensions of files in this format, in lower case and without the dot. */
    Set<String> extensions();

    /**
     * Returns the content of a file as a JSON object.
     *
     * @throws SettingsException if it is malformed, or has something else than an object at its root; the message begins with
     *     the file
     * @throws IOException if it cannot be read
     */
    JsonObject read(Path file) throws IOException;

    /**
     * Returns the installed format of a file, or nothing if it is JSON or something else.
     *
     * @param file the file, whose extension decides
     * @throws SettingsException if it is YAML, by its extension, and no format for YAML is installed
     */
    static Optional<ConfigFormat> find(Path file) {
        String name = String.valueOf(file.getFileName());
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        Optional<ConfigFormat> format = ServiceLookup.stream(ConfigFormat.class)
                .filter(candidate -> candidate.extensions().contains(extension))
                .findFirst();
        if (format.isEmpty() && (extension.equals("yaml") || extension.equals("yml"))) {
            throw new SettingsException(
                    "%s: no format for YAML is installed; add the artifact carve-yaml to the module path or class path"
                            .formatted(file));
        }
        return format;
    }
}
