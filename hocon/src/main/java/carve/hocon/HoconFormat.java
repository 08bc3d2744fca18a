package carve.hocon;

import carve.api.config.TreeSettings;
import carve.runtime.catalog.SettingsFormat;
import java.nio.file.Path;
import java.util.Optional;

/** Settings in HOCON, for the runtime. */
public final class HoconFormat implements SettingsFormat {
    /** Makes the format. */
    public HoconFormat() {}

    @Override
    public TreeSettings file(Path file) {
        return Hocon.parseFile(file);
    }

    @Override
    public TreeSettings parse(String text, String origin) {
        return Hocon.parse(text, origin);
    }

    @Override
    public Optional<TreeSettings> resource(Module module, String name) {
        return Hocon.parseResource(module, name);
    }
}
