package carve.distill.data;

import carve.api.config.Settings;
import carve.api.model.Processor;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;

/** Opens {@code llava} data: a JSON array of conversations and a folder of pictures. */
public final class LlavaProvider implements DataProvider {
    @Override
    public String name() {
        return "llava";
    }

    @Override
    public DataSource open(Settings settings, Processor processor, long seed) {
        LlavaConfig config = LlavaConfig.from(settings);
        return new LlavaSource(name(), config, ConversationFile.read(config.file()), processor, seed);
    }
}
