package carve.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.CarveException;
import carve.api.checkpoint.CheckpointException;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelFamily;
import carve.mamba2.PlainMamba2Provider;
import carve.models.decoder.DecoderFamily;
import carve.models.hovle.HovleFamily;
import carve.models.llava.LlavaFamily;
import carve.models.mamba2.Mamba2Family;
import carve.runtime.model.ModelFolder;
import carve.testkit.Fixture;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A {@code config.json} of any family describes a model, or is refused with its file and key. */
final class HostileConfigTest {
    private static final List<ModelFamily> FAMILIES =
            List.of(new DecoderFamily(), new HovleFamily(), new LlavaFamily(), new Mamba2Family());
    private static final MixerCatalog MIXERS = OfficialMixers.attentionAnd(new PlainMamba2Provider());
    private static final List<String> BAD = List.of(
            "0",
            "-1",
            "-2147483648",
            "1.5",
            "1000000000000",
            "2147483647",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e-300",
            "1e300");

    private static final String LLAMA = """
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 12,
             "max_position_embeddings": 128, "rope_theta": 50000.0, "rms_norm_eps": 1e-05,
             "rope_scaling": {"type": "dynamic", "factor": 2.0}}
            """;
    private static final String PHI = """
            {"model_type": "phi", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 4, "vocab_size": 12, "partial_rotary_factor": 0.5, "layer_norm_eps": 1e-05}
            """;
    private static final String MAMBA = """
            {"d_model": 32, "n_layer": 2, "vocab_size": 11, "rms_norm": true, "pad_vocab_size_multiple": 4,
             "norm_epsilon": 1e-05, "ssm_cfg": {"layer": "Mamba2", "headdim": 16, "ngroups": 2, "d_state": 8, "d_conv": 4,
             "expand": 2, "dt_limit": [0.0, 10.0]}, "tie_embeddings": true}
            """;
    private static final String MAMBA_TRANSFORMERS = """
            {"model_type": "mamba2", "hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 16, "num_heads": 4,
             "head_dim": 16, "n_groups": 2, "state_size": 8, "conv_kernel": 4, "expand": 2, "layer_norm_epsilon": 1e-05}
            """;

    @TempDir
    private Path folder;

    private static List<String> configs() throws IOException {
        List<String> configs = new ArrayList<>(List.of(LLAMA, PHI, MAMBA, MAMBA_TRANSFORMERS));
        for (String model : List.of("hovle_tiny", "matvlm_teacher_tiny")) {
            configs.add(Files.readString(Fixture.folder().resolve(model).resolve("config.json")));
        }
        return configs;
    }

    private void open(String config) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);
        ModelFolder.open(folder, FAMILIES, MIXERS).close();
    }

    private String told(String config) {
        return assertThrows(CheckpointException.class, () -> open(config)).getMessage();
    }

    @Test
    void goodConfigurationsAreRead() throws IOException {
        for (String config : configs()) {
            open(config);
        }
    }

    @Test
    void numbersOutOfTheirRangeAreToldWithTheirKeys() {
        Path file = folder.resolve("config.json");
        assertEquals(
                file + ": key 'num_hidden_layers' must be a whole number from 1 to 10000, is 1000000",
                told(LLAMA.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000")));
        assertEquals(file + ": key 'rms_norm_eps' is NaN", told(LLAMA.replace("1e-05", "NaN")));
        assertEquals(
                file + ": 2 problems:\n"
                        + "  key 'num_attention_heads' must be a whole number from 1 to 65536, is 0\n"
                        + "  key 'rope_scaling.factor' must be a number from 0.001 to 1000000.0, is -2.0",
                told(LLAMA.replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 0")
                        .replace("\"factor\": 2.0", "\"factor\": -2.0")));
    }

    @Test
    void veryLongConfigurationsAreNotRead() {
        assertEquals(
                folder.resolve("config.json") + ": has 4194320 bytes, the limit is 4194304",
                told("{\"model_type\": 1" + " ".repeat((4 << 20) - 1) + "}"));
    }

    @Test
    void everyNumberOfEveryFamilyMayBeAnything() throws IOException {
        for (String config : configs()) {
            JsonObject good = Json.parseObject(config, "config.json");
            for (JsonObject bad : variants(good)) {
                try {
                    open(Json.print(bad));
                } catch (CarveException e) {
                    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
                }
            }
        }
    }

    private static List<JsonObject> variants(JsonObject object) {
        List<JsonObject> variants = new ArrayList<>();
        object.members().forEach((key, value) -> {
            UnaryOperator<JsonValue> put = changed -> with(object, key, changed);
            if (value instanceof JsonNumber) {
                BAD.forEach(text -> variants.add((JsonObject) put.apply(new JsonNumber(text))));
            } else if (value instanceof JsonObject inner) {
                variants(inner).forEach(changed -> variants.add((JsonObject) put.apply(changed)));
                variants.add((JsonObject) put.apply(JsonObject.empty()));
            } else if (value instanceof JsonArray) {
                variants.add((JsonObject) put.apply(new JsonArray(List.of())));
            }
        });
        return variants;
    }

    private static JsonObject with(JsonObject object, String key, JsonValue value) {
        Map<String, JsonValue> members = new LinkedHashMap<>(object.members());
        members.put(key, value);
        return JsonObject.of(members);
    }

    @Test
    void mutatedConfigurationsAreReadOrRefused() throws IOException {
        List<byte[]> seeds = configs().stream()
                .map(config -> config.getBytes(StandardCharsets.UTF_8))
                .toList();
        List<String> words = List.of(
                "\"hidden_size\": 0,",
                "\"model_type\": 5,",
                "\"carve\": {\"layers\": []},",
                "\"num_hidden_layers\": 100000,",
                "\"head_dim\": 0,",
                "\"mamba_config\": {},",
                "\"num_key_value_heads\": 3,");
        Fuzzer.check(new FuzzTarget("config.json", seeds, words, input -> {
            Files.write(folder.resolve("config.json"), input);
            ModelFolder.open(folder, FAMILIES, MIXERS).close();
        }));
    }

    @Test
    void aNameThatIsNoFileIsNotAModelWithoutWeights() throws IOException {
        Path weights = folder.resolve("model.safetensors");
        Files.createSymbolicLink(weights, weights.getFileName());
        assertEquals(
                weights
                        + ": is a link to 'model.safetensors', where there is no file that can be read; expected a file",
                told(LLAMA));
        Files.delete(weights);
        Files.createSymbolicLink(weights, Path.of("gone"));
        assertTrue(told(LLAMA).startsWith(weights + ": is a link to 'gone'"));
        Files.delete(weights);
        Files.createDirectory(weights);
        assertEquals(weights + ": is a folder; expected a file", told(LLAMA));
        Files.delete(weights);
        Path index = folder.resolve("model.safetensors.index.json");
        Files.createSymbolicLink(index, index.getFileName());
        assertTrue(told(LLAMA).startsWith(index + ": is a link to"));
        Files.delete(index);
        Files.delete(folder.resolve("config.json"));
        Files.createSymbolicLink(folder.resolve("config.json"), Path.of("config.json"));
        assertTrue(assertThrows(CheckpointException.class, () -> ModelFolder.open(folder, FAMILIES, MIXERS))
                .getMessage()
                .startsWith(folder.resolve("config.json") + ": is a link to"));
    }
}
