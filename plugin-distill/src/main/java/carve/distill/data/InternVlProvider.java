package carve.distill.data;

import carve.api.config.Settings;
import carve.api.model.Processor;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;
import java.nio.file.Path;

/** Opens {@code internvl} data: a meta file that names files of conversations and folders of pictures. */
public final class InternVlProvider implements DataProvider {
    @Override
    public String name() {
        return "internvl";
    }

    @Override
    public DataSource open(Settings settings, Processor processor, long seed) {
        Path file = Path.of(settings.string("file"));
        String base = settings.string("base");
        Path folder = base.isEmpty() ? file.toAbsolutePath().getParent() : Path.of(base);
        LlavaConfig config = LlavaConfig.from(settings, file, folder);
        return new LlavaSource(name(), config, MetaFile.read(file, folder), processor, seed);
    }
}
