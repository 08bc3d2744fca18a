package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.runtime.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tokenizer goes into the metadata of a GGUF file and comes out of it with the same ids. */
final class GgufTokenizerTest {
    private static final String JSON = """
        {"added_tokens": [
          {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
          {"id": 9, "content": "<|im_end|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
         "post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
          "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
         "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
          "fuse_unk": false, "byte_fallback": false,
          "vocab": {"<s>": 0, "a": 1, "b": 2, "\u0120": 3, "\u00f0": 4, "\u0141": 5, "\u013a": 6, "\u0122": 7, "ab": 8},
          "merges": MERGES}}
        """;

    @TempDir
    private Path folder;

    private JsonObject metadata(String merges) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), JSON.replace("MERGES", merges));
        return GgufTokenizerWriter.with(JsonObject.empty(), folder, 12);
    }

    private Path file(JsonObject metadata) {
        Path file = folder.resolve("small.gguf");
        GgufWriter.write(file, metadata, TensorSources.of(Map.of()));
        return file;
    }

    @Test
    void idsAreTheSame() throws IOException {
        Path file = file(metadata("[\"a b\"]"));
        try (Tokenizer before = Tokenizer.open(folder);
                Tokenizer after = Tokenizer.open(file)) {
            for (String text : List.of("ab a", "ab<|im_end|>a b", "\uD83D\uDE00", "")) {
                assertArrayEquals(before.encode(text), after.encode(text), text);
                assertArrayEquals(before.encodeContinuation(text), after.encodeContinuation(text), text);
            }
            assertEquals("ab a", after.decode(0, 8, 9, 3, 1));
            assertEquals(12, after.vocabularySize());
        }
    }

    @Test
    void metadataAreThoseOfLlamaCpp() throws IOException {
        JsonObject metadata = metadata("[[\"a\", \"b\"]]");
        assertEquals("gpt2", metadata.string("tokenizer.ggml.model"));
        assertEquals("gpt-2", metadata.string("tokenizer.ggml.pre"));
        assertEquals(List.of("a b"), metadata.strings("tokenizer.ggml.merges"));
        assertEquals("[PAD11]", metadata.strings("tokenizer.ggml.tokens").get(11));
        assertEquals(0, metadata.integer("tokenizer.ggml.bos_token_id"));
        assertEquals(9, GgufTokenizer.endOfText(metadata).orElseThrow());
        assertEquals(true, metadata.flag("tokenizer.ggml.add_bos_token"));
    }

    /** Llama 3's expression has a name, and comes back from it. */
    @Test
    void wordsAreCutAsByLlama3() throws IOException {
        JsonObject named = metadata("[\"a b\"]").with("tokenizer.ggml.pre", "llama-bpe");
        Files.writeString(folder.resolve("tokenizer.json"), Json.print(GgufTokenizer.json(named, folder)));
        assertEquals(
                "llama-bpe",
                GgufTokenizerWriter.with(JsonObject.empty(), folder, 12).string("tokenizer.ggml.pre"));
    }

    /** Without a key that says so, the rule decides about the beginning token, as in llama.cpp. */
    @Test
    void theBeginningTokenIsThatOfTheRule() throws IOException {
        JsonObject silent = metadata("[]").without("tokenizer.ggml.add_bos_token");
        assertArrayEquals(new int[] {0, 1}, encoded(silent.with("tokenizer.ggml.pre", "llama-bpe"), "a"));
        assertArrayEquals(new int[] {0, 1}, encoded(silent.with("tokenizer.ggml.pre", "llama3"), "a"));
        assertArrayEquals(new int[] {1}, encoded(silent.with("tokenizer.ggml.pre", "qwen2"), "a"));
        JsonObject off = silent.with("tokenizer.ggml.pre", "llama-bpe").with("tokenizer.ggml.add_bos_token", false);
        assertArrayEquals(new int[] {1}, encoded(off, "a"));
    }

    @Test
    void theEndTokenIsPutBehindTextsWhereTheFileSaysSo() throws IOException {
        JsonObject metadata = metadata("[]").with("tokenizer.ggml.add_eos_token", true);
        assertArrayEquals(new int[] {0, 1, 9}, encoded(metadata, "a"));
    }

    @Test
    void rulesSplitAsTheirNamesSay() throws IOException {
        JsonObject merging = metadata("[\"a b\"]").with("tokenizer.ggml.add_bos_token", false);
        // the default rule takes three digits at a time, StarCoder's one
        for (String name : GgufPreTokenizer.names()) {
            assertArrayEquals(new int[] {8}, encoded(merging.with("tokenizer.ggml.pre", name), "ab"), name);
        }
        assertArrayEquals(new int[] {8}, encoded(merging.without("tokenizer.ggml.pre"), "ab"));
        assertEquals(GgufPreTokenizer.named("starcoder"), GgufPreTokenizer.named("smollm"));
        assertEquals(
                4, GgufPreTokenizer.named("default").orElseThrow().expressions().size());
    }

    @Test
    void sentencePieceVocabulariesAreMergedByScore() throws IOException {
        JsonObject metadata = Json.parseObject("""
            {"tokenizer.ggml.model": "llama",
             "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "\u2581a", "x y"],
             "tokenizer.ggml.scores": [0, 0, 0, -9, -10, -11, -2, -1, 0],
             "tokenizer.ggml.token_type": [2, 3, 3, 1, 1, 1, 1, 1, 4],
             "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2}
            """, "metadata");
        assertArrayEquals(new int[] {1, 7, 5, 7, 5}, encoded(metadata, "ab ab"));
        // a symbol of users is found first; what follows it begins like a text
        assertArrayEquals(new int[] {1, 7, 8, 7, 5}, encoded(metadata, "ax yab"));
        assertArrayEquals(
                new int[] {6, 2},
                encoded(
                        metadata.with("tokenizer.ggml.add_space_prefix", false)
                                .with("tokenizer.ggml.add_bos_token", false)
                                .with("tokenizer.ggml.add_eos_token", true),
                        "ab"));
        assertEquals(
                "tokenizer " + folder.resolve("small.gguf") + ": expected a score for each of 9 tokens, found 0",
                assertThrows(TextException.class, () -> encoded(metadata.without("tokenizer.ggml.scores"), "a"))
                        .getMessage());
    }

    /** As in files of Gemma 3, where the unknown piece is a control token: bytes stand for all that is not in the vocabulary. */
    @Test
    void withAPieceForEachByteNoneIsUnknown() throws IOException {
        List<String> tokens = new ArrayList<>(List.of("<pad>", "<unk>", "a"));
        IntStream.range(0, 256).forEach(value -> tokens.add("<0x%02X>".formatted(value)));
        List<Integer> types = new ArrayList<>(List.of(3, 3, 1));
        types.addAll(Collections.nCopies(256, 6));
        JsonObject metadata = Json.parseObject(
                """
                {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": TOKENS, "tokenizer.ggml.scores": SCORES,
                 "tokenizer.ggml.token_type": TYPES, "tokenizer.ggml.add_bos_token": false,
                 "tokenizer.ggml.add_space_prefix": false}
                """.replace("TOKENS", Json.compact(JsonArray.ofStrings(tokens)))
                        .replace(
                                "SCORES", Collections.nCopies(tokens.size(), -1).toString())
                        .replace("TYPES", types.toString()),
                "metadata");
        assertArrayEquals(new int[] {2, 3 + 'b', 2}, encoded(metadata, "aba"));
    }

    private int[] encoded(JsonObject metadata, String text) {
        try (Tokenizer tokenizer = Tokenizer.open(file(metadata))) {
            return tokenizer.encode(text);
        }
    }

    @Test
    void aNormalizerIsNotExported() throws IOException {
        Files.writeString(
                folder.resolve("tokenizer.json"),
                JSON.replace("MERGES", "[]")
                        .replace("{\"added_tokens\"", "{\"normalizer\": {\"type\": \"NFKC\"}, \"added_tokens\""));
        assertEquals(
                "tokenizer " + folder.resolve("tokenizer.json")
                        + ": exporting the normalizer 'NFKC' to GGUF is not supported; texts would have other tokens",
                assertThrows(TextException.class, () -> GgufTokenizerWriter.with(JsonObject.empty(), folder, 12))
                        .getMessage());
    }

    @Test
    void whatIsNotSupportedIsRefused() throws IOException {
        JsonObject metadata = metadata("[]");
        Path cut = file(metadata.with("tokenizer.ggml.pre", "whale"));
        assertEquals(
                "tokenizer " + cut + ": pre-tokenizer 'whale' is not supported; supported: "
                        + String.join(", ", GgufPreTokenizer.names()),
                assertThrows(TextException.class, () -> Tokenizer.open(cut)).getMessage());
        Path none = file(metadata.with("tokenizer.ggml.model", "none"));
        assertEquals(
                "tokenizer " + none + ": the model 'none' is not supported; supported: gpt2, llama",
                assertThrows(TextException.class, () -> Tokenizer.open(none)).getMessage());
        assertEquals(
                "tokenizer %s: token 'Ł' has id 5, but the model has 5 tokens"
                        .formatted(folder.resolve("tokenizer.json")),
                assertThrows(TextException.class, () -> GgufTokenizerWriter.with(JsonObject.empty(), folder, 5))
                        .getMessage());
    }
}
