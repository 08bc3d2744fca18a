package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenizerConfigTest {
    @TempDir
    private Path folder;

    private TokenizerConfig open(String config) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), config);
        return TokenizerConfig.open(folder);
    }

    private void assertRefused(String problem, String config) {
        assertEquals(
                folder.resolve("tokenizer_config.json") + ": " + problem,
                assertThrows(TextException.class, () -> open(config)).getMessage());
    }

    @Test
    void tokensAreStringsOrObjectsOrNull() throws IOException {
        Files.writeString(
                folder.resolve("special_tokens_map.json"),
                "{\"unk_token\": \"<unk>\", \"eos_token\": \"<other>\", \"additional_special_tokens\": [\"<a>\"]}");
        TokenizerConfig config = open(
                "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\", \"lstrip\": false}, \"pad_token\": null,"
                        + " \"image_token\": \"<image>\", \"extra_special_tokens\": {\"boi_token\": \"<boi>\"}}");
        assertEquals(
                Map.of(
                        "bos_token", "<s>",
                        "eos_token", "</s>",
                        "unk_token", "<unk>",
                        "image_token", "<image>",
                        "boi_token", "<boi>"),
                config.tokens());
        assertThrows(JsonException.class, () -> open("{\"bos_token\": 7}"));
    }

    @Test
    void everyKeyIsUsedOrHarmlessOrRefusedByName() throws IOException {
        open(
                "{\"model_max_length\": 1e30, \"tokenizer_class\": \"LlamaTokenizer\", \"clean_up_tokenization_spaces\": true,"
                        + " \"sp_model_kwargs\": {}, \"split_special_tokens\": false, \"do_lower_case\": null}");
        assertRefused(
                "key 'sp_model_kwargs' is not supported, found an object; key 'wings' is unknown, and may change results",
                "{\"wings\": 2, \"sp_model_kwargs\": {\"nbest_size\": 1}}");
        assertRefused("key 'split_special_tokens' is not supported, found true", "{\"split_special_tokens\": true}");
    }

    /** A tokenizer.json says itself what these keys say; the other files do not. */
    @Test
    void keysOfOtherTokenizersAreOfNoEffectBesideATokenizerJson() throws IOException {
        String all =
                "{\"add_bos_token\": true, \"add_eos_token\": true, \"add_prefix_space\": true, \"legacy\": false}";
        assertRefused(
                "key 'add_eos_token' is true, which is supported with a tokenizer.json only; key 'add_prefix_space' is true, which"
                        + " is supported with a tokenizer.json only; key 'add_bos_token' is true, which is supported with a"
                        + " tokenizer.json only",
                all);
        Files.writeString(folder.resolve("tokenizer.model"), "");
        assertRefused(
                "key 'add_eos_token' is true, which is supported with a tokenizer.json only; key 'legacy' is false, which is"
                        + " supported with a tokenizer.json only",
                all);
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        assertEquals(Map.of(), open(all).tokens());
    }

    @Test
    void templatesHaveNamesOrAreOne() throws IOException {
        assertEquals(Map.of("default", "a"), open("{\"chat_template\": \"a\"}").templates());
        assertEquals(
                Map.of("default", "a", "tool_use", "b"),
                open("{\"chat_template\": [{\"name\": \"default\", \"template\": \"a\"},"
                                + " {\"name\": \"tool_use\", \"template\": \"b\"}]}")
                        .templates());
        assertEquals(Map.of(), open("{\"chat_template\": null}").templates());
        for (String wrong : List.of("7", "[7]", "[{\"name\": \"a\"}]")) {
            assertThrows(JsonException.class, () -> open("{\"chat_template\": %s}".formatted(wrong)));
        }
    }

    @Test
    void ggufHasTokensById() {
        JsonObject metadata = Json.parseObject("""
                {"tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "a"], "tokenizer.ggml.bos_token_id": 1,
                 "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0, "tokenizer.ggml.padding_token_id": 9,
                 "tokenizer.chat_templates": ["tool_use"], "tokenizer.chat_template.tool_use": "b",
                 "tokenizer.chat_template": "a"}
                """, "metadata");
        TokenizerConfig config = TokenizerConfig.of(metadata);
        assertEquals(Map.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>"), config.tokens());
        assertEquals(Map.of("default", "a", "tool_use", "b"), config.templates());
    }
}
