package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A {@code tokenizer.json} encodes whole texts, decodes without special tokens and never shows half a character. */
class JsonTokenizerTest {
    // byte-level BPE writes the bytes F0 9F 98 80 of U+1F600 as these characters
    private static final String BYTE_LEVEL = """
            {"version": "1.0", "truncation": null, "padding": null,
             "added_tokens": [
              {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
              {"id": 9, "content": "<|im_end|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
             "normalizer": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "post_processor": {"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
              "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
              "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
             "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
              "fuse_unk": false, "byte_fallback": false,
              "vocab": {"<s>": 0, "a": 1, "b": 2, "\u0120": 3, "\u00f0": 4, "\u0141": 5, "\u013a": 6, "\u0122": 7, "ab": 8},
              "merges": ["a b"]}}
            """;

    @TempDir
    private Path folder;

    @Test
    void theBeginningIsMarkedOnceAndSpecialTokensAreRecognised() throws IOException {
        try (var tokenizer = open(BYTE_LEVEL)) {
            assertArrayEquals(new int[] {0, 8, 3, 1}, tokenizer.encode("ab a"));
            assertArrayEquals(new int[] {8, 9, 1}, tokenizer.encodeContinuation("ab<|im_end|>a"));
            assertEquals("ab a", tokenizer.decode(0, 8, 9, 3, 1, -5, 10));
            assertEquals("<s>ab<|im_end|> a", tokenizer.decodeWithSpecialTokens(0, 8, 9, 3, 1, -5, 10));
        }
    }

    @Test
    void longTextsAreNotCut() throws IOException {
        try (var tokenizer = open(BYTE_LEVEL)) {
            assertEquals(5001, tokenizer.encode("ab".repeat(5000)).length);
        }
    }

    @Test
    void theVocabularyCountsAddedTokens() throws IOException {
        try (var tokenizer = open(BYTE_LEVEL)) {
            assertEquals(10, tokenizer.vocabularySize());
            assertEquals(OptionalInt.of(9), tokenizer.id("<|im_end|>"));
            assertEquals(OptionalInt.of(8), tokenizer.id("ab"));
            assertEquals(OptionalInt.empty(), tokenizer.id("abc"));
        }
    }

    @Test
    void aStreamHoldsACharacterUntilItIsWhole() throws IOException {
        try (var tokenizer = open(BYTE_LEVEL)) {
            var stream = tokenizer.stream();
            var pieces = new StringBuilder();
            for (int id : tokenizer.encode("a \uD83D\uDE00b")) {
                pieces.append('[').append(stream.push(id)).append(']');
            }
            assertEquals("[][a][ ][][][][\uD83D\uDE00][b]", pieces.toString());
        }
    }

    @Test
    void aBrokenFileIsNamed() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        var e = assertThrows(
                TextException.class, () -> open("{\"model\": {\"type\": \"Unknown\", \"vocab\": {\"a\": 0}}}"));
        assertTrue(e.getMessage().startsWith("tokenizer " + file + ": cannot be opened, "), e.getMessage());
    }

    private Tokenizer open(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        return Tokenizer.open(folder);
    }
}
