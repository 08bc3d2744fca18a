package carve.models.text;

import static carve.api.text.GenerationDefaults.Parameter.MAX_NEW_TOKENS;
import static carve.api.text.GenerationDefaults.Parameter.MIN_P;
import static carve.api.text.GenerationDefaults.Parameter.REPETITION_PENALTY;
import static carve.api.text.GenerationDefaults.Parameter.TEMPERATURE;
import static carve.api.text.GenerationDefaults.Parameter.TOP_K;
import static carve.api.text.GenerationDefaults.Parameter.TOP_P;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tokens that end answers, and the sampling parameters, of generation_config.json and of GGUF files. */
final class EndTokensTest {
    private static final JsonObject CONFIG = Json.parseObject("{\"eos_token_id\": 5}", "config");

    @TempDir
    private Path folder;

    private GenerationConfigFile open(String json) throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), json);
        return GenerationConfigFile.open(folder);
    }

    @Test
    void theGenerationConfigurationGoesBeforeTheModels() throws IOException {
        assertEquals(Set.of(5), GenerationConfigFile.open(folder).endTokens(CONFIG));
        assertEquals(Set.of(1), open("{\"eos_token_id\": 1}").endTokens(CONFIG));
        assertEquals(Set.of(1, 7, 9), open("{\"eos_token_id\": [9, 1, 7]}").endTokens(CONFIG));
        assertEquals(Set.of(5), open("{\"eos_token_id\": null}").endTokens(CONFIG));
        assertEquals(Set.of(), open("{}").endTokens(JsonObject.empty()));
        assertEquals(Set.of(3), open("{\"suppress_tokens\": [3]}").suppressedTokens());
        for (String wrong : List.of("\"2\"", "1.5", "[1, true]", "{}")) {
            GenerationConfigFile file = open("{\"eos_token_id\": %s}".formatted(wrong));
            assertThrows(JsonException.class, () -> file.endTokens(CONFIG), wrong);
        }
    }

    /** A configuration without the file may list them, too. */
    @Test
    void theModelsConfigurationMayHaveAList() {
        JsonObject config = Json.parseObject("{\"eos_token_id\": [128001, 128009]}", "config");
        assertEquals(Set.of(128001, 128009), GenerationConfigFile.open(folder).endTokens(config));
    }

    @Test
    void parametersAreDefaults() throws IOException {
        assertEquals(
                Map.of(
                        TEMPERATURE,
                        0.6,
                        TOP_K,
                        20.0,
                        TOP_P,
                        0.9,
                        MIN_P,
                        0.1,
                        REPETITION_PENALTY,
                        1.05,
                        MAX_NEW_TOKENS,
                        2048.0),
                open("{\"do_sample\": true, \"temperature\": 0.6, \"top_k\": 20, \"top_p\": 0.9, \"min_p\": 0.1,"
                                + " \"repetition_penalty\": 1.05, \"max_new_tokens\": 2048}")
                        .defaults()
                        .values());
        assertEquals(Map.of(TOP_K, 0.0), open("{\"top_k\": -1}").defaults().values());
        assertEquals(
                Map.of(TEMPERATURE, 0.0, TOP_P, 0.9),
                open("{\"do_sample\": false, \"top_p\": 0.9}").defaults().values());
        assertEquals(
                Map.of(),
                GenerationConfigFile.open(folder.resolve("none")).defaults().values());
    }

    @Test
    void whatWouldChangeAnswersIsRefusedByName() throws IOException {
        GenerationConfigFile file =
                open("{\"num_beams\": 4, \"forced_eos_token_id\": 2, \"wings\": 2, \"use_cache\": true,"
                        + " \"typical_p\": 1.0, \"bad_words_ids\": [], \"max_length\": 20, \"guidance_scale\": null}");
        assertEquals(
                ("%s: key 'forced_eos_token_id' is not supported, found 2; key 'num_beams' is not supported, found 4; key 'wings'"
                                + " is unknown, and may change results; remove these keys, or ask for generation-config = carve, which"
                                + " does not read the file's parameters")
                        .formatted(folder.resolve("generation_config.json")),
                assertThrows(TextException.class, file::defaults).getMessage());
    }

    private static Set<Integer> gguf(String keys, String... tokens) {
        return GgufEndTokens.of(
                Json.parseObject(keys, "metadata").with("tokenizer.ggml.tokens", JsonArray.ofStrings(List.of(tokens))));
    }

    /** As llama.cpp collects them: by key, and by spelling. */
    @Test
    void ggufHasMoreThanOne() {
        assertEquals(Set.of(1, 2), gguf("{\"tokenizer.ggml.eos_token_id\": 2}", "a", "<|im_end|>", "b"));
        assertEquals(
                Set.of(0, 1, 2),
                gguf(
                        "{\"tokenizer.ggml.eos_token_id\": 0, \"tokenizer.ggml.eot_token_id\": 1, \"tokenizer.ggml.eom_token_id\": 2}",
                        "a",
                        "b",
                        "c",
                        "d"));
        assertEquals(Set.of(0), gguf("{\"tokenizer.ggml.eos_token_id\": 9}", "<|eot_id|>"));
        assertEquals(Set.of(0, 1), gguf("{}", "<|fim_pad|>", "<|endoftext|>", "<|fim_prefix|>"));
        // an end within an answer of gpt-oss
        assertEquals(Set.of(0, 2), gguf("{}", "<|return|>", "<|end|>", "<|call|>"));
        assertEquals(Set.of(0), gguf("{}", "<|end|>", "x"));
        assertEquals(Set.of(0), gguf("{}", "<|tool_response>", "</s>"));
    }
}
