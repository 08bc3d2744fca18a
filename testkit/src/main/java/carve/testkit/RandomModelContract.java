package carve.testkit;

import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.tensor.DType;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link FamilyContract} on a model of a configuration, with initial weights.
 *
 * <pre>{@code
 * final class LettersTest extends RandomModelContract {
 *     LettersTest() {
 *         super(new Letters(), TestMixerCatalog.of(new Retention.Provider()), DType.F32, Json.parseObject("""
 *                 {"model_type": "letters", "hidden_size": 16}""", "config"));
 *     }
 * }
 * }</pre>
 */
public abstract class RandomModelContract extends FamilyContract {
    private final ModelFamily family;
    private final MixerCatalog mixers;
    private final DType type;
    private final JsonObject config;
    private Path folder = Path.of("");

    /**
     * Makes the contract.
     *
     * @param mixers the mixers of the model
     * @param type of the stored weights
     * @param config the {@code config.json} of the model
     */
    protected RandomModelContract(ModelFamily family, MixerCatalog mixers, DType type, JsonObject config) {
        this.family = family;
        this.mixers = mixers;
        this.type = type;
        this.config = config;
    }

    /** Writes the model. */
    @BeforeEach
    public final void write(@TempDir Path temporary) throws IOException {
        Path bare = Files.createDirectory(temporary.resolve("bare"));
        Files.write(bare.resolve(ModelFamily.CONFIG_FILE), Json.print(config).getBytes(StandardCharsets.UTF_8));
        folder = temporary.resolve("model");
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder described = ModelFolder.open(bare, List.of(family), mixers);
                LoadedModel model = described.initial(device, 42)) {
            described.save(model, folder, type);
        }
    }

    @Override
    protected final ModelFamily family() {
        return family;
    }

    @Override
    protected final MixerCatalog mixers() {
        return mixers;
    }

    @Override
    protected final Path folder() {
        return folder;
    }
}
