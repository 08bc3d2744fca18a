package carve.distill.data;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;
import java.nio.file.Path;

/** A factory of {@code internvl} data sets: a meta file that names files of conversations and folders of images. */
public final class InternVlDataProvider implements DatasetProvider {
    @Override
    public String name() {
        return "internvl";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        Path file = settings.path("file");
        String base = settings.string("base-folder");
        Path folder = base.isEmpty() ? file.toAbsolutePath().getParent() : settings.path("base-folder");
        LlavaDataConfig config = LlavaDataConfig.from(settings, file, folder);
        InternVlMetaFile meta = InternVlMetaFile.read(file, folder);
        return new LlavaDataSource(name(), config, meta.files(), meta.conversations(), processor, seed);
    }
}
