package {{package}};

import carve.api.checkpoint.Checkpoint;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelFolder;
import carve.testkit.FamilyContract;
import carve.testkit.MixerList;
import carve.testkit.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class {{class}}Test extends FamilyContract {
    @TempDir
    private Path temporary;

    @BeforeEach
    void makeAModel() throws IOException {
        Path bare = Files.createDirectory(temporary.resolve("bare"));
        Files.writeString(bare.resolve(Checkpoint.CONFIG), """
                {"model_type": "{{name}}", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2,
                 "max_position_embeddings": 512, "mixers": ["retention", "retention"]}
                """);
        try (Device device = new ReferenceDevice();
                ModelFolder folder = ModelFolder.open(bare, List.of(family()), mixers());
                LoadedModel model = folder.initial(device, 42)) {
            folder.save(model, folder());
        }
    }

    @Override
    protected ModelFamily family() {
        return new {{class}}();
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
