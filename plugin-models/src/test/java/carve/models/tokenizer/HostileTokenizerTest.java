package carve.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.CarveException;
import carve.api.json.Json;
import carve.models.text.TextException;
import carve.models.tokenizer.json.TokenizerReader;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A stranger's tokenizer or text ends in an answer or one error, in bounded time. */
final class HostileTokenizerTest {
    private static final String MODEL =
            "{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"\u0120\": 3, \"\u0120\u0120\": 4, \"aa\": 5}, \"merges\": [\"a b\", \"\u0120 \u0120\", \"a a\"]}";
    private static final String QWEN2 =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+";

    private static TokenizerPipeline open(String section, String content) {
        String json = "{\"version\": \"1.0\", \"" + section + "\": " + content;
        return TokenizerReader.read(Json.parseObject(
                section.equals("model") ? json + "}" : json + ", \"model\": " + MODEL + "}", "tokenizer.json"));
    }

    private static String split(String regex) {
        return "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\": \"" + regex
                + "\"}, \"behavior\": \"Isolated\", \"invert\": false}, {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}]}";
    }

    @Test
    void elevenMillionSpacesAreTokens() {
        TokenizerPipeline tokenizer = open("pre_tokenizer", split(QWEN2));
        assertTimeoutPreemptively(
                Duration.ofMinutes(1), () -> assertEquals(5_500_000, tokenizer.encode(" ".repeat(11_000_000)).length));
    }

    @Test
    void oneWordOfMillionsOfLettersIsTokens() {
        TokenizerPipeline tokenizer = open("pre_tokenizer", "null");
        assertTimeoutPreemptively(
                Duration.ofMinutes(1), () -> assertEquals(1_000_000, tokenizer.encode("ab".repeat(1_000_000)).length));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '\'', textBlock = """
            decoder        ~ {"type": "Strip", "content": " ", "start": NaN, "stop": 0}
            decoder        ~ {"type": "Strip", "content": " ", "start": 1e999, "stop": 0}
            decoder        ~ {"type": "Strip", "content": " ", "start": -1, "stop": 0}
            decoder        ~ {"type": "Strip", "content": "\\ud800", "start": 0, "stop": 0}
            decoder        ~ {"type": "Strip", "content": "", "start": 0, "stop": 0}
            decoder        ~ {"type": "Replace", "pattern": {"String": ""}, "content": "x"}
            decoder        ~ {"type": "Replace", "pattern": {"Regex": "("}, "content": "x"}
            decoder        ~ {"type": "Unknown"}
            decoder        ~ {"type": "Fuse", "more": 1}
            normalizer     ~ {"type": "Replace", "pattern": {"String": ""}, "content": "x"}
            normalizer     ~ {"type": "Precompiled", "precompiled_charsmap": "AAAA"}
            normalizer     ~ {"type": "Precompiled", "precompiled_charsmap": "/////w=="}
            normalizer     ~ {"type": "Precompiled", "precompiled_charsmap": "no base64"}
            normalizer     ~ {"type": "Precompiled", "precompiled_charsmap": "BAAAAAD///8="}
            pre_tokenizer  ~ {"type": "Metaspace", "replacement": "", "prepend_scheme": "always"}
            pre_tokenizer  ~ {"type": "Metaspace", "replacement": "_", "prepend_scheme": "sometimes"}
            pre_tokenizer  ~ {"type": "FixedLength", "length": 0}
            pre_tokenizer  ~ {"type": "Split", "pattern": {"Regex": "\\\\K"}, "behavior": "Isolated", "invert": false}
            post_processor ~ {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}], "pair": [], "special_tokens": {}}
            post_processor ~ {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": [], "special_tokens": {}}
            post_processor ~ {"type": "BertProcessing", "sep": ["a", -1], "cls": ["a", 0]}
            added_tokens   ~ [{"id": 4294967295, "content": "x"}]
            added_tokens   ~ [{"id": 7, "content": ""}]
            added_tokens   ~ [{"id": 7, "content": "\\udc00"}]
            added_tokens   ~ [{"id": 7, "content": "a"}]
            model          ~ {"type": "BPE", "vocab": {"a": 1e999}, "merges": []}
            model          ~ {"type": "BPE", "vocab": {"a": 2147483647}, "merges": []}
            model          ~ {"type": "BPE", "vocab": {"\\ud800": 0}, "merges": []}
            model          ~ {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}
            model          ~ {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}
            model          ~ {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}
            model          ~ {"type": "Unigram", "vocab": [["a", NaN]], "unk_id": 0}
            model          ~ {"type": "Unigram", "vocab": [["a", -1e999]], "unk_id": 0}
            model          ~ {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}
            model          ~ {"type": "WordPiece", "vocab": {}, "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
            version        ~ "2.0"
            extra          ~ 1
            """)
    void whatIsWrongIsRefused(String section, String content) {
        assertThrows(CarveException.class, () -> open(section, content).encode("a \u00e9"));
    }

    @Test
    void refusalsSayWhatIsSupported() {
        assertEquals(
                "tokenizer: pre_tokenizer 'Whale' is not supported; supported: BertPreTokenizer, ByteLevel, CharDelimiterSplit,"
                        + " Digits, FixedLength, Metaspace, Punctuation, Sequence, Split, UnicodeScripts, Whitespace,"
                        + " WhitespaceSplit",
                assertThrows(TextException.class, () -> open("pre_tokenizer", "{\"type\": \"Whale\"}"))
                        .getMessage());
        assertEquals(
                "tokenizer.json: decoder.more: unknown key of decoder Fuse",
                assertThrows(CarveException.class, () -> open("decoder", "{\"type\": \"Fuse\", \"more\": 1}"))
                        .getMessage());
    }

    @Test
    void decodersTakeWhatTheyAreGiven() {
        TokenizerPipeline stripped =
                open("decoder", "{\"type\": \"Strip\", \"content\": \"a\", \"start\": 9, \"stop\": 9}");
        assertEquals("b", stripped.decode(0, 1, 0));
        TokenizerPipeline suffix = open("decoder", "{\"type\": \"BPEDecoder\", \"suffix\": \"b\"}");
        assertEquals("", suffix.decode());
        assertEquals("a", suffix.decode(2, 99));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(a|a)*x\"}, \"content\": \"\"}",
                "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"a\"}, \"content\": \"CONTENT\"}"
            })
    void normalizersAreBounded(String normalizer) {
        TokenizerPipeline tokenizer = open("normalizer", normalizer.replace("CONTENT", "b".repeat(100_000)));
        assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> assertThrows(TextException.class, () -> tokenizer.encode("a".repeat(100_000))));
    }

    @Test
    void marksWithoutEndAreRefused() {
        TokenizerPipeline tokenizer = open("normalizer", "{\"type\": \"NFC\"}");
        assertEquals(
                "tokenizer: the text has more than 256 combining marks on one character",
                assertThrows(TextException.class, () -> tokenizer.encode("e" + "\u0301\u0323".repeat(1_000_000)))
                        .getMessage());
    }

    @Test
    void longAddedTokensAreFoundInOnePass() {
        String token = "a".repeat(50_000) + "b";
        TokenizerPipeline tokenizer =
                open("added_tokens", "[{\"id\": 9, \"content\": \"" + token + "\", \"normalized\": false}]");
        assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> assertEquals(1_000_001, tokenizer.encode("a".repeat(2_000_000) + token).length));
    }

    @Test
    void anInterruptedThreadStops() {
        TokenizerPipeline tokenizer = open("pre_tokenizer", split(QWEN2));
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> tokenizer.encode(" ".repeat(11_000_000)));
        assertTrue(Thread.interrupted());
    }

    @Test
    void loneSurrogatesAreReplacementCharacters() {
        TokenizerPipeline tokenizer =
                open("added_tokens", "[{\"id\": 9, \"content\": \"\uFFFD\", \"normalized\": false}]");
        assertEquals(9, tokenizer.encode("\uD800")[0]);
        assertEquals(9, tokenizer.encode("a\uDC00")[1]);
    }
}
