package carve.models.decoder.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.CarveException;
import carve.api.checkpoint.CheckpointException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.gguf.GgufFile;
import carve.api.gguf.HarmlessGgufKeys;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Tensors;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import carve.models.decoder.DecoderFamily;
import carve.runtime.convert.Conversion;
import carve.runtime.gguf.GgufWriter;
import carve.runtime.model.GgufModels;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.QuantisationMix;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Small decoders of each architecture go to GGUF files and come back. */
final class GgufArchitecturesTest {
    private static final List<ModelFamily> FAMILIES = List.of(new DecoderFamily());
    private static final MixerCatalog MIXERS = OfficialMixers.mambaInLlamaAnd(new PlainMamba2Provider());
    private static final int[] TOKENS = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};

    @TempDir
    private Path folder;

    private Path model(JsonObject config) {
        Path empty = folder.resolve("empty");
        Path to = folder.resolve("model");
        try (Device device = new ReferenceDevice()) {
            Files.createDirectories(empty);
            Files.writeString(empty.resolve("config.json"), Json.print(config));
            try (ModelFolder described = ModelFolder.open(empty, FAMILIES, MIXERS);
                    ParamStore params = random(device, described.spec().parameters())) {
                described.save(new LoadedModel(described.family(), described.spec(), params), to);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return to;
    }

    // no value is what it is before training, so that each counts
    private static ParamStore random(Device device, List<ParamSpec> specs) {
        Random random = new Random(42);
        ParamStore params = new ParamStore(device);
        for (ParamSpec spec : specs) {
            float[] values = new float[(int) spec.shape().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.4 * random.nextGaussian() + 0.1);
            }
            params.put(spec.name(), Tensors.of(device, spec.shape(), values));
        }
        return params;
    }

    private Path export(Path from, DType dtype) {
        return export(from, QuantisationMix.of(dtype.key()));
    }

    private Path export(Path from, QuantisationMix mix) {
        Path file = folder.resolve("model.gguf");
        try (ModelFolder model = ModelFolder.open(from, FAMILIES, MIXERS)) {
            GgufModels.export(model, file, mix);
        }
        return file;
    }

    private Path hybrid(Path from) {
        Path to = folder.resolve("hybrid");
        try (Device device = new ReferenceDevice();
                ModelFolder teacher = ModelFolder.open(from, FAMILIES, MIXERS)) {
            LayerPlan plan =
                    new LayerPlan(IntStream.range(0, teacher.spec().layers().size())
                            .mapToObj(i -> MixerSpec.of(i == 1 ? "mamba-in-llama" : MixerSpec.KEEP))
                            .toList());
            Conversion.of(teacher, plan, MIXERS, device, 42).save(to, _ -> {});
        }
        return to;
    }

    private static float[] logits(Path model) {
        try (Device device = new ReferenceDevice();
                ModelFolder opened = ModelFolder.open(model, FAMILIES, MIXERS);
                LoadedModel loaded = opened.load(device, WeightPrecision.AS_STORED)) {
            return loaded.model()
                    .forward(
                            loaded.params(),
                            new ModelInputs(TOKENS, SequenceLayout.unpadded(1, TOKENS.length), Map.of()),
                            ActivationRecorder.NONE)
                    .floats();
        }
    }

    private static Stream<DynamicTest> each(Consumer<JsonObject> check) {
        return SmallDecoders.all().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> check.accept(entry.getValue())));
    }

    @Test
    void eachArchitectureIsAmongThem() {
        Set<String> written = new TreeSet<>();
        for (JsonObject config : SmallDecoders.all().values()) {
            written.add(GgufArchitectures.ofModelType(config.string("model_type"))
                    .orElseThrow()
                    .name());
        }
        assertEquals(new TreeSet<>(GgufArchitectures.names()), written);
    }

    @TestFactory
    Stream<DynamicTest> logitsComeBack() {
        return each(config -> {
            Path from = model(config);
            float[] before = logits(from);
            assertArrayEquals(before, logits(export(from, DType.F32)), 2e-5f);
        });
    }

    /** Weights that are quantised in a file are so again in a folder, or unpacked where folders cannot have them. */
    @TestFactory
    Stream<DynamicTest> filesOfBlocksAreFoldersToo() {
        return each(config -> {
            Path file = export(model(config), DType.Q8_0);
            Path copy = folder.resolve("copy");
            try (Device device = new ReferenceDevice();
                    ModelFolder opened = ModelFolder.open(file, FAMILIES, MIXERS);
                    LoadedModel loaded = opened.load(device, WeightPrecision.AS_STORED)) {
                assertTrue(loaded.params().asMap().values().stream()
                        .anyMatch(tensor -> tensor.type().dtype() == DType.Q8_0));
                opened.save(loaded, copy, DType.F32);
            }
            assertArrayEquals(logits(file), logits(copy), 2e-5f);
        });
    }

    /** Matrices that a file holds in one have one type, whatever the mix says of each. */
    @TestFactory
    Stream<DynamicTest> mixesAreReadAgain() {
        return each(config -> {
            Path file = export(model(config), QuantisationMix.Q4_K_M);
            try (GgufFile written = GgufFile.open(file)) {
                assertEquals(15, written.metadata().integer(GgufFile.FILE_TYPE));
                assertTrue(written.names().stream()
                        .anyMatch(name -> written.type(name).dtype() == DType.Q5_0));
            }
            for (float logit : logits(file)) {
                assertTrue(Float.isFinite(logit));
            }
        });
    }

    /** Whatever a key says counts: with another value, logits change or the file is refused. */
    @TestFactory
    Stream<DynamicTest> eachKeyCounts() {
        return each(config -> {
            Path file = export(model(config), DType.F32);
            float[] before = logits(file);
            Path changed = folder.resolve("changed.gguf");
            try (GgufFile original = GgufFile.open(file)) {
                String architecture = original.architecture();
                for (String key : original.metadata().keys()) {
                    if (HarmlessGgufKeys.reason(architecture, key).isPresent() || isUnused(key)) {
                        continue;
                    }
                    JsonValue other = other(original.metadata().value(key).orElseThrow());
                    GgufWriter.write(changed, original.metadata().with(key, other), original);
                    assertTrue(counts(changed, before), key + " = " + Json.compact(other));
                }
            }
        });
    }

    // the limit of positions, and the width of dense layers, of which there are none
    private static boolean isUnused(String key) {
        return key.endsWith(".context_length") || key.equals("qwen3moe.feed_forward_length");
    }

    private static boolean counts(Path changed, float[] before) {
        try {
            return !Arrays.equals(before, logits(changed));
        } catch (CarveException e) {
            return true;
        }
    }

    private static JsonValue other(JsonValue value) {
        return switch (value) {
            case JsonNumber number
            when number.whole().isPresent() && !number.text().contains(".") ->
                JsonNumber.of(number.whole().getAsLong() * 2 + 1);
            case JsonNumber number -> JsonNumber.of(number.real() * 1.5 + 0.25);
            case JsonBoolean(boolean yes) -> new JsonBoolean(!yes);
            case JsonString string -> new JsonString(string.text() + "x");
            case JsonArray array ->
                new JsonArray(
                        array.items().stream().map(GgufArchitecturesTest::other).collect(Collectors.toList()));
            default -> throw new IllegalArgumentException(value.describe());
        };
    }

    private String refusal(JsonObject config) {
        Path from = model(config);
        return assertThrows(CarveException.class, () -> export(from, DType.F32))
                .getMessage()
                .replace(from.toString(), "model");
    }

    private static JsonObject small(String name, String more) {
        JsonObject config = SmallDecoders.all().get(name);
        JsonObject changes = Json.parseObject(more.replace('\'', '"'), "config.json");
        for (String key : changes.keys()) {
            config = config.with(key, changes.value(key).orElseThrow());
        }
        return config;
    }

    private void refuses(String name, String changes, String message) {
        assertEquals(message, refusal(small(name, changes)));
    }

    /** Models that llama.cpp would compute in another way are not written. */
    @Test
    void whatFilesCannotSayIsRefused() {
        refuses(
                "mistral",
                "{'sliding_window': 4}",
                "model: layers.{0..3}: window: 4; a GGUF file of the architecture 'llama' would have none");
        refuses(
                "llama",
                "{'rope_scaling': {'type': 'dynamic', 'factor': 3.0}}",
                "model: layers.{0..3}: frequencies: its own; a GGUF file of the architecture 'llama' would have others");
        refuses("smollm3", "{'no_rope_layers': [1, 1, 0, 1]}", """
                model: 4 problems:
                  layers.2: rotary embedding: none; a GGUF file of the architecture 'smollm3' would have %1$s
                  layers.2: frequencies: none; a GGUF file of the architecture 'smollm3' would have others
                  layers.3: rotary embedding: %1$s; a GGUF file of the architecture 'smollm3' would have none
                  layers.3: frequencies: its own; a GGUF file of the architecture 'smollm3' would have none""".formatted(
                        "of 8 elements, pairs half, up to 64 positions"));
        refuses(
                "gemma2",
                "{'query_pre_attn_scalar': 16}",
                "model: layers.{0..3}: scale: 0.25; a GGUF file of the architecture 'gemma2' would have 0.35355339059327373");
        refuses("qwen3", "{'attention_bias': true}", """
                model: 8 problems:
                  layers.{0..3}: biases of queries, keys and values: true; %1$s false
                  layers.{0..3}: bias of attention's output: true; %1$s false""".formatted(
                        "a GGUF file of the architecture 'qwen3' would have"));
        refuses(
                "phi3",
                "{'sliding_window': 4}",
                "model: a window of 4 for 64 positions, which llama.cpp takes no notice of in models of the architecture"
                        + " 'phi3'");
        refuses(
                "command-r",
                "{'use_qk_norm': true}",
                "model: 4 layers with norms of queries and keys, which llama.cpp does not read in models of the architecture"
                        + " 'command-r'");
        refuses(
                "gemma",
                "{'tie_word_embeddings': false}",
                "model: an output layer of its own, which llama.cpp does not read in models of the architecture 'gemma'");
        refuses(
                "olmo2",
                "{'tie_word_embeddings': true}",
                "model: no output layer of its own, which llama.cpp requires in models of the architecture 'olmo2'");
        refuses(
                "qwen2",
                "{'head_dim': 16}",
                "model: heads of together 64 in place of the hidden size 32, which llama.cpp does not read in models of the"
                        + " architecture 'qwen2'");
        refuses(
                "granitehybrid",
                "{'mamba_conv_bias': false}",
                "model: a convolution without a bias, which llama.cpp requires in models of the architecture 'granitehybrid'");
        refuses(
                "granitehybrid",
                "{'mamba_n_heads': 12, 'mamba_expand': 3}",
                "model: an inner width of Mamba-2 of 96 in place of 64, which llama.cpp does not read in models of the"
                        + " architecture 'granitehybrid'");
        refuses(
                "granitehybrid",
                "{'layer_types': ['linear_attention', 'linear_attention', 'linear_attention', 'linear_attention']}",
                "model: no layer with attention, whose sizes llama.cpp requires in models of the architecture 'granitehybrid'");
        refuses(
                "granitehybrid",
                "{'layer_types': ['full_attention', 'full_attention', 'full_attention', 'full_attention']}",
                "model: no layer with Mamba-2, whose sizes llama.cpp requires in models of the architecture 'granitehybrid'");
        refuses(
                "llama tied",
                "{'model_type': 'internlm2', 'bias': false}",
                "config.json: model_type: GGUF files of 'internlm2' are not supported; supported: cohere, gemma, gemma2,"
                        + " gemma3_text, glm4, gpt2, gpt_neox, granite, granitemoehybrid, llama, ministral, mistral, mixtral, nemotron, olmo2,"
                        + " olmo3, phi3, qwen2, qwen3, qwen3_moe, smollm3, stablelm, starcoder2");
    }

    /** A layer of another mixer has no place in such files. */
    @Test
    void hybridsAreRefused() {
        Path from = hybrid(model(SmallDecoders.all().get("llama tied")));
        assertEquals(
                from
                        + ": layers.1 has the mixer 'mamba-in-llama' in place of the model's own, which GGUF files cannot have",
                assertThrows(CheckpointException.class, () -> export(from, DType.F32))
                        .getMessage());
    }

    /** Any of these files becomes a hybrid. */
    @TestFactory
    Stream<DynamicTest> filesConvert() {
        return each(config -> {
            Path file = export(model(config), DType.Q8_0);
            float[] logits = logits(hybrid(file));
            assertEquals(TOKENS.length * 11, logits.length);
            for (float logit : logits) {
                assertTrue(Float.isFinite(logit));
            }
        });
    }
}
