package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract of families, tried with the family of the test kit. */
final class SmallFamilyTest extends FamilyContract {
    @TempDir
    private Path temporary;

    @BeforeEach
    void writeAModel() throws IOException {
        Path bare = Files.createDirectory(temporary.resolve("bare"));
        Files.write(
                bare.resolve("config.json"),
                SmallFamily.config("retention", "retention").toString().getBytes(StandardCharsets.UTF_8));
        try (Device device = new ReferenceDevice();
                ModelFolder folder = ModelFolder.open(bare, List.of(family()), mixers());
                LoadedModel model = folder.initial(device, 42)) {
            folder.save(model, folder());
        }
    }

    @Override
    protected ModelFamily family() {
        return new SmallFamily();
    }

    @Override
    protected MixerCatalog mixers() {
        return MixerList.of(new Retention.Provider());
    }

    @Override
    protected Path folder() {
        return temporary.resolve("model");
    }
}
