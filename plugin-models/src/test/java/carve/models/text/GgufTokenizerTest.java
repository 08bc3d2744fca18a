package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.runtime.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

    @Test
    void whatIsNotSupportedIsRefused() throws IOException {
        JsonObject metadata = metadata("[]");
        Path cut = file(metadata.with("tokenizer.ggml.pre", "whale"));
        assertEquals(
                "tokenizer " + cut
                        + ": pre-tokenizer 'whale' is not supported; supported: gpt-2, default, olmo, mpt,"
                        + " gpt-neox, jina-v2-code, llama-bpe, llama-v3, llama3, qwen2",
                assertThrows(TextException.class, () -> Tokenizer.open(cut)).getMessage());
        Path none = file(metadata.with("tokenizer.ggml.model", "none"));
        assertEquals(
                "tokenizer " + none + ": the model 'none' is not supported; there is gpt2",
                assertThrows(TextException.class, () -> Tokenizer.open(none)).getMessage());
        assertEquals(
                "tokenizer %s: token 'Ł' has id 5, but the model has 5 tokens"
                        .formatted(folder.resolve("tokenizer.json")),
                assertThrows(TextException.class, () -> GgufTokenizerWriter.with(JsonObject.empty(), folder, 5))
                        .getMessage());
    }
}
