package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.TensorSource;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.models.OfficialMixers;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that was saved without the output layer, whose names lack a prefix, as those of GPT-2 on the hub. */
final class BaseModelTest {
    private static final JsonObject CONFIG = Json.parseObject("""
            {"model_type": "gpt2", "n_embd": 24, "n_layer": 2, "n_head": 4, "n_positions": 32, "n_ctx": 32, "vocab_size": 11}
            """, "config.json");

    @TempDir
    private Path temporary;

    @Test
    void namesWithoutThePrefixAreRead() throws Exception {
        Path bare = Files.createDirectories(temporary.resolve("config"));
        Files.writeString(bare.resolve("config.json"), Json.print(CONFIG));
        Path whole = temporary.resolve("whole");
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder folder = open(bare);
                LoadedModel model = folder.initial(device, 42)) {
            folder.save(model, whole);
        }
        Path base = temporary.resolve("base");
        try (Checkpoint checkpoint = Checkpoint.open(whole)) {
            new CheckpointWriter(base).with(Checkpoint.CONFIG, CONFIG).write(withoutPrefix(checkpoint));
        }
        assertArrayEquals(logits(whole), logits(base));
    }

    private static TensorSource withoutPrefix(Checkpoint checkpoint) {
        String prefix = "transformer.";
        checkpoint.names().forEach(name -> assertEquals(prefix, name.substring(0, prefix.length())));
        return NameMap.of(checkpoint.names().stream()
                        .map(name -> NameRule.rename(name, name.substring(prefix.length())))
                        .toList())
                .toModel(checkpoint);
    }

    private static ModelFolder open(Path folder) {
        return ModelFolder.open(folder, List.of(new DecoderFamily()), OfficialMixers.attentionAnd());
    }

    private static float[] logits(Path folder) {
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder model = open(folder);
                LoadedModel loaded = model.load(device, WeightPrecision.F32)) {
            return loaded.model()
                    .forward(loaded.params(), ModelInputs.text(1, 5, 2, 7), ActivationRecorder.NONE)
                    .floats();
        }
    }
}
