package carve.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** InternLM2's tokenizer: special tokens are cut out first, the library sees the rest, and text comes back whole. */
class SentencePieceTokenizerTest {
    private static final int HELLO = 259;
    private static final int SPACE = 260;
    private static final int A = 261;
    private static final int WORLD = 262;
    private static final int SMILE = 0x1F600;

    @TempDir
    private Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void open() throws IOException {
        SentencePieceModelWriter.write(folder, "\u2581hello", "\u2581", "a", "\u2581world", "\u4e16", "[UNUSED]");
        Files.writeString(
                folder.resolve("added_tokens.json"),
                "{\"<img>\": 265, \"<IMG_CONTEXT>\": 267, \"</img>\": 266, \"<img>x\": 268}");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\": {\"264\": {\"content\": \"<|im_end|>\", \"special\": true, \"lstrip\": false}}}");
        tokenizer = Tokenizer.open(folder);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    @Test
    void theBeginningIsMarkedOnce() {
        assertArrayEquals(new int[] {1, HELLO, WORLD}, tokenizer.encode("hello world"));
        assertArrayEquals(new int[] {HELLO, WORLD}, tokenizer.encodeContinuation("hello world"));
        assertArrayEquals(new int[] {1}, tokenizer.encode(""));
    }

    @Test
    void specialTokensAreCutOutLongestFirst() {
        assertArrayEquals(
                new int[] {1, 265, 267, 267, 266, HELLO, 264, 2},
                tokenizer.encode("<img><IMG_CONTEXT><IMG_CONTEXT></img>hello<|im_end|></s>"));
        assertArrayEquals(new int[] {268}, tokenizer.encodeContinuation("<img>x"));
    }

    @Test
    void spacesInsideATextAreKept() {
        assertArrayEquals(new int[] {SPACE, A, SPACE, SPACE, A}, tokenizer.encodeContinuation("a  a"));
        assertEquals("a  a", tokenizer.decode(tokenizer.encode("a  a")));
    }

    @Test
    void charactersOutsideTheVocabularyComeBackFromBytes() {
        String text = "hello \u4e16\u754c " + Character.toString(SMILE);
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }

    @Test
    void decodingLeavesOutSpecialTokensAndStrangeIds() {
        assertEquals("hello world", tokenizer.decode(1, HELLO, 267, WORLD, 264, -1, 1 << 20));
        assertEquals("<s>hello world<|im_end|>", tokenizer.decodeWithSpecialTokens(1, HELLO, WORLD, 264, -1, 1 << 20));
    }

    @Test
    void theVocabularyCountsAddedTokens() {
        assertEquals(269, tokenizer.vocabularySize());
        assertEquals(OptionalInt.of(267), tokenizer.id("<IMG_CONTEXT>"));
        assertEquals(OptionalInt.of(264), tokenizer.id("<|im_end|>"));
        assertEquals(OptionalInt.of(HELLO), tokenizer.id("\u2581hello"));
        assertEquals(OptionalInt.empty(), tokenizer.id("hello"));
        var e = assertThrows(TextException.class, () -> tokenizer.requiredId("<box>"));
        assertEquals("tokenizer: no token '<box>' among 269", e.getMessage());
    }

    @Test
    void aStreamHoldsACharacterUntilItIsWhole() {
        var stream = tokenizer.stream();
        var text = new StringBuilder();
        String whole = "hello \u754c" + Character.toString(SMILE) + "a";
        int empty = 0;
        for (int id : tokenizer.encode(whole)) {
            String piece = stream.push(id);
            assertTrue(piece.indexOf('\uFFFD') < 0, piece);
            empty += piece.isEmpty() ? 1 : 0;
            text.append(piece);
        }
        // <s>, two of three bytes, three of four bytes
        assertEquals(6, empty);
        assertEquals(whole, text + stream.flush());
    }

    @Test
    void aStreamDoesNotWaitForeverForACharacterThatNeverComes() {
        var stream = tokenizer.stream();
        int continuation = tokenizer.requiredId("<0x80>");
        var text = new StringBuilder();
        for (int i = 0; i < 9; i++) {
            text.append(stream.push(continuation));
        }
        assertEquals("\uFFFD".repeat(8), text.toString());
        assertEquals("\uFFFD", stream.flush());
        assertEquals("", stream.flush());
    }

    @Test
    void theBeginningCanBeTurnedOff() throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": false}");
        try (var without = Tokenizer.open(folder)) {
            assertArrayEquals(new int[] {HELLO}, without.encode("hello"));
        }
    }

    @Test
    void aFileThatIsNoModelIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.model"), "hello");
        var e = assertThrows(TextException.class, () -> Tokenizer.open(folder));
        assertEquals("tokenizer " + file + ": not a SentencePiece model, after 0 pieces", e.getMessage());
    }

    @Test
    void aFolderWithoutTokenizerIsNamed() {
        Path empty = folder.resolve("nothing");
        var e = assertThrows(TextException.class, () -> Tokenizer.open(empty));
        assertEquals(
                "tokenizer: neither tokenizer.json nor tokenizer.model nor vocab.json in " + empty, e.getMessage());
    }
}
