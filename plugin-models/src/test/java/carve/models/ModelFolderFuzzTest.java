package carve.models;

import carve.api.checkpoint.CheckpointException;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.mamba2.PlainMamba2Provider;
import carve.models.decoder.DecoderFamily;
import carve.models.hovle.HovleFamily;
import carve.models.llava.LlavaFamily;
import carve.models.mamba2.Mamba2Family;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.AssertingDevice;
import carve.testkit.Fixture;
import carve.testkit.fuzz.FuzzBudget;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model with one file changed is opened and generates two tokens, or is refused, whatever its family; and no tensor is left on the
 * device.
 */
final class ModelFolderFuzzTest {
    private static final List<ModelFamily> FAMILIES =
            List.of(new DecoderFamily(), new HovleFamily(), new LlavaFamily(), new Mamba2Family());
    private static final MixerCatalog MIXERS = OfficialMixers.attentionAnd(new PlainMamba2Provider());
    private static final Path DEMO = Path.of("..", "demo");
    // each opens a model, so there are fewer than of other targets
    private static final long INPUTS = 200;

    private static final String LLAMA = """
            {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 101,
             "max_position_embeddings": 128, "rope_theta": 50000.0, "rms_norm_eps": 1e-05, "bos_token_id": 1, "eos_token_id": 2,
             "rope_scaling": {"type": "dynamic", "factor": 2.0}, "torch_dtype": "float32"}
            """;
    private static final String MAMBA = """
            {"model_type": "mamba2", "hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 101, "num_heads": 4,
             "head_dim": 8, "n_groups": 2, "state_size": 8, "conv_kernel": 4, "expand": 2, "layer_norm_epsilon": 1e-05,
             "time_step_limit": [0.0, Infinity], "tie_word_embeddings": true}
            """;
    private static final Map<String, Long> SMALL = Map.of(
            "hidden_size",
            32L,
            "intermediate_size",
            24L,
            "llm_hidden_size",
            32L,
            "num_attention_heads",
            4L,
            "num_key_value_heads",
            4L,
            "num_hidden_layers",
            2L,
            "vision_hidden_size",
            32L,
            "image_size",
            16L,
            "force_image_size",
            16L);

    private static final int LONG = 1024;

    private static final List<String> WORDS = List.of(
            "\"NaN\"",
            "\"dtype\":\"BF16\"",
            "\"data_offsets\":[0,8]",
            "\"bos_token_id\": 200,",
            "\"eos_token_id\": [1, 2],",
            "\"template\": \"phi\",",
            "\"carve\": {\"layers\": []},",
            "\"type\": \"WordPiece\"",
            "\"unk_token\": \"x\",");

    @TempDir
    private static Path temporary;

    @TestFactory
    Stream<DynamicTest> everyFileIsReadOrRefused() throws IOException {
        Path teacher = DEMO.resolve("untrained");
        Path matvlm = DEMO.resolve("matvlm").resolve("untrained");
        List<FuzzTarget> targets = new ArrayList<>();
        targets.addAll(targets(model("llama", Json.parseObject(LLAMA, "config"), teacher), false));
        targets.addAll(targets(model("mamba2", Json.parseObject(MAMBA, "config"), teacher), false));
        targets.addAll(targets(model("hovle", small(teacher), teacher), true));
        targets.addAll(targets(model("llava", small(matvlm), matvlm), true));
        return targets.stream()
                .map(target ->
                        DynamicTest.dynamicTest(target.name(), () -> Fuzzer.check(target, FuzzBudget.ofTests(INPUTS))));
    }

    private static JsonObject small(Path folder) {
        return small(Json.readObject(folder.resolve("config.json")));
    }

    private static JsonObject small(JsonObject config) {
        JsonObject changed = config;
        for (var member : config.members().entrySet()) {
            if (member.getValue() instanceof JsonObject inner) {
                changed = changed.with(member.getKey(), small(inner));
            } else if (member.getValue() instanceof JsonNumber && SMALL.containsKey(member.getKey())) {
                changed = changed.with(member.getKey(), SMALL.get(member.getKey()));
            }
        }
        return changed;
    }

    // a model with initial weights, and a tokenizer of the demo
    private static Path model(String name, JsonObject config, Path tokenizer) throws IOException {
        Path bare = Files.createDirectories(temporary.resolve(name + "-bare"));
        Files.writeString(bare.resolve("config.json"), Json.print(config));
        Files.copy(tokenizer.resolve("tokenizer.json"), bare.resolve("tokenizer.json"));
        Files.writeString(
                bare.resolve("generation_config.json"), "{\"eos_token_id\": [2], \"do_sample\": true, \"top_k\": 5}");
        if (name.equals("llama") || name.equals("mamba2")) {
            Files.writeString(
                    bare.resolve("tokenizer_config.json"),
                    "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"model_max_length\": 9}");
            Files.writeString(
                    bare.resolve("chat_template.jinja"),
                    "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content | trim }}{% endfor %}");
        }
        Path folder = temporary.resolve(name);
        try (Device device = new ReferenceDevice();
                ModelFolder empty = ModelFolder.open(bare, FAMILIES, MIXERS);
                LoadedModel model = empty.initial(device, 42)) {
            empty.save(model, folder);
        }
        return folder;
    }

    private static List<FuzzTarget> targets(Path folder, boolean pictures) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.sorted().toList();
        }
        List<FuzzTarget> targets = new ArrayList<>();
        for (Path file : files) {
            byte[] good = Files.readAllBytes(file);
            String name = folder.getFileName() + " " + file.getFileName();
            targets.add(new FuzzTarget(name, List.of(good), WORDS, input -> {
                Files.write(file, input);
                try {
                    generate(folder, pictures);
                } finally {
                    Files.write(file, good);
                }
            }));
        }
        return targets;
    }

    private static void generate(Path path, boolean picture) throws IOException {
        try (Device device = new AssertingDevice(new ReferenceDevice());
                ModelFolder folder = ModelFolder.open(path, FAMILIES, MIXERS);
                Processor processor = folder.processor();
                LoadedModel model = folder.load(device, WeightPrecision.AS_STORED);
                Generator generator = new Generator(model)) {
            processor.generationDefaults();
            Sample prompt = processor.prompt(List.of(message(picture)));
            if (prompt.tokens().length > LONG) { // which a template may make, and the reference device takes long for
                return;
            }
            int[] tokens = generator
                    .generate(
                            new GenerationRequest(
                                    generator.prompt(prompt), Sampler.greedy(Set.of()), processor.stopTokens(), 2),
                            (_, _) -> {})
                    .tokens();
            processor.decode(tokens);
        } catch (IllegalArgumentException e) {
            // what processors and generators answer to a prompt that the model cannot take
            if (e.getClass() != IllegalArgumentException.class) {
                throw e;
            }
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    private static Message message(boolean picture) throws IOException {
        return picture
                ? Message.user(
                        "what is red",
                        EncodedImage.read(Fixture.folder().resolve("preprocess").resolve("a_97x61.png")))
                : Message.user("what is red");
    }
}
