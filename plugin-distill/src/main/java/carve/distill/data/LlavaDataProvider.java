package carve.distill.data;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;
import java.util.List;

/** A factory of {@code llava} data sets: a JSON array of conversations and a folder of images. */
public final class LlavaDataProvider implements DatasetProvider {
    @Override
    public String name() {
        return "llava";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        LlavaDataConfig config = LlavaDataConfig.from(settings);
        return new LlavaDataSource(
                name(), config, List.of(config.file()), LlavaJsonFile.read(config.file()), processor, seed);
    }
}
