package carve.yaml;

import carve.api.json.JsonObject;
import carve.runtime.catalog.ConfigFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Configurations in YAML, for the runtime. */
public final class YamlFormat implements ConfigFormat {
    /** Makes the format. */
    public YamlFormat() {}

    @Override
    public Set<String> extensions() {
        return Set.of("yaml", "yml");
    }

    @Override
    public JsonObject read(Path file) throws IOException {
        return YamlFile.read(file);
    }
}
