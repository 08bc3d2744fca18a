package carve.app.train;

import carve.api.json.Json;
import carve.runtime.plan.ExternalHybridConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Reads the configurations of other projects: YAML where the name of the file says so, JSON otherwise. */
public final class ExternalConfigReader {
    private ExternalConfigReader() {}

    /**
     * Returns the configuration in a file.
     *
     * @throws carve.api.json.JsonException if it is not JSON
     * @throws carve.api.config.SettingsException if it is not YAML
     * @throws IOException if it cannot be read
     */
    public static ExternalHybridConfig read(Path file) throws IOException {
        String name = file.toString().toLowerCase(Locale.ROOT);
        boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
        return new ExternalHybridConfig(file, yaml ? YamlFile.read(file) : Json.readObject(file));
    }
}
