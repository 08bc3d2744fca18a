package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.quantised.QuantisedFolder;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that decoders in folders that other libraries quantised open, load, and are saved as plain ones. */
final class QuantisedDecoderTest {
    private static final String LLAMA = """
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 12, "max_position_embeddings": 128}
            """;
    private static final String GPT_OSS = """
            {"model_type": "gpt_oss", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "num_local_experts": 4,
             "num_experts_per_tok": 2, "vocab_size": 11, "max_position_embeddings": 64, "sliding_window": 3,
             "rope_parameters": {"rope_type": "default", "rope_theta": 150000.0}}
            """;

    @TempDir
    private Path folder;

    private static ModelFolder open(Path path) {
        MixerCatalog mixers = OfficialMixers.bothAttentionsAnd(new PlainMamba2Provider());
        return ModelFolder.open(path, List.of(new DecoderFamily()), mixers);
    }

    private Path plain(String config) throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Files.writeString(empty.resolve("config.json"), config);
        Path to = folder.resolve("plain");
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder model = open(empty);
                LoadedModel initial = model.initial(device, 42)) {
            model.save(initial, to);
        }
        return to;
    }

    private Path write(Checkpoint from, String quantization, TensorSource tensors) {
        Path to = folder.resolve("quantised");
        JsonObject config = from.config().with(QuantisedFolder.CONFIG_KEY, Json.parseObject(quantization, ""));
        new CheckpointWriter(to).with(Checkpoint.CONFIG, config).write(tensors);
        return to;
    }

    /** Loads a quantised model, saves it, and returns the copy. */
    private Path saved(Path quantised) {
        Path copy = folder.resolve("saved");
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder model = open(quantised);
                LoadedModel loaded = model.load(device, WeightPrecision.AS_STORED)) {
            model.save(loaded, copy);
        }
        try (Checkpoint read = Checkpoint.open(copy)) {
            assertFalse(read.config().has(QuantisedFolder.CONFIG_KEY));
        }
        return copy;
    }

    @Test
    void fp8WeightsAreThoseOfThePlainModel() throws IOException {
        try (Checkpoint plain = Checkpoint.open(plain(LLAMA))) {
            TensorSource eight = TensorSources.cast(plain, name -> name.contains("_proj.") ? DType.F8_E4M3 : DType.F32);
            Map<String, TensorData> scales = new LinkedHashMap<>();
            for (String name : plain.names()) {
                if (name.contains("_proj.")) {
                    TensorData one = new TensorData(TensorType.f32(1, 1), MemorySegment.ofArray(new float[] {1}));
                    scales.put(name + "_scale_inv", one);
                }
            }
            assertEquals(14, scales.size());
            Path quantised = write(
                    plain,
                    "{\"quant_method\": \"fp8\", \"weight_block_size\": [128, 128], \"activation_scheme\": \"dynamic\"}",
                    TensorSources.union(eight, TensorSources.of(scales)));
            TensorSource expected = TensorSources.cast(eight, name -> name.contains("_proj.") ? DType.BF16 : DType.F32);
            try (ModelFolder model = open(quantised);
                    Checkpoint copy = Checkpoint.open(saved(quantised))) {
                assertSame(expected, model.checkpoint(), copy);
            }
        }
    }

    private static void assertSame(TensorSource expected, TensorSource read, TensorSource saved) {
        for (TensorSource actual : List.of(read, saved)) {
            assertEquals(new TreeSet<>(expected.names()), new TreeSet<>(actual.names()));
            for (String name : expected.names()) {
                assertEquals(expected.type(name), actual.type(name), name);
                assertEquals(-1, expected.data(name).mismatch(actual.data(name)), name);
            }
        }
    }

    @Test
    void expertsOfGptOssInMxfp4AreItsOwn() throws IOException {
        SplittableRandom random = new SplittableRandom(42);
        try (Checkpoint plain = Checkpoint.open(plain(GPT_OSS))) {
            Map<String, TensorData> packed = new LinkedHashMap<>();
            for (String name : plain.names()) {
                if (name.endsWith("experts.gate_up_proj") || name.endsWith("experts.down_proj")) {
                    Shape shape = plain.type(name).shape();
                    packed.put(
                            name + "_blocks",
                            bytes(random, 256, shape.extent(0), shape.extent(2), shape.extent(1) / 32, 16));
                    packed.put(
                            name + "_scales",
                            bytes(random, 120, shape.extent(0), shape.extent(2), shape.extent(1) / 32));
                }
            }
            assertEquals(8, packed.size());
            TensorSource others = TensorSources.select(plain, name -> !packed.containsKey(name + "_blocks"));
            Path quantised = write(
                    plain,
                    "{\"quant_method\": \"mxfp4\", \"modules_to_not_convert\": [\"model.layers.*.self_attn\", \"lm_head\"]}",
                    TensorSources.union(others, TensorSources.of(packed)));
            try (ModelFolder model = open(quantised);
                    Checkpoint copy = Checkpoint.open(saved(quantised))) {
                assertTrue(model.checkpoint().names().containsAll(plain.names()));
                assertSame(model.checkpoint(), model.checkpoint(), copy);
                assertEquals(
                        DType.BF16,
                        model.checkpoint()
                                .type("model.layers.0.mlp.experts.down_proj")
                                .dtype());
            }
        }
    }

    private static TensorData bytes(SplittableRandom random, int bound, int... extents) {
        TensorType type = new TensorType(DType.U8, Shape.of(extents));
        byte[] bytes = new byte[(int) type.bytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt(bound);
        }
        return new TensorData(type, MemorySegment.ofArray(bytes));
    }
}
