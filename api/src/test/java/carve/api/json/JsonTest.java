package carve.api.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @Test
    void printingKeepsOrderAndNumberTexts() {
        String text = """
                {
                  "zeta": 1e-05,
                  "alpha": 1.0,
                  "list": [
                    1,
                    [],
                    {},
                    "x"
                  ],
                  "nested": {
                    "b": true,
                    "a": null,
                    "n": -0.0,
                    "big": 123456789012345678901234567890
                  },
                  "python": [
                    NaN,
                    Infinity,
                    -Infinity
                  ]
                }""";
        assertEquals(text, Json.print(Json.parse(text, "config.json")));
    }

    @Test
    void compactPrintingHasNoSpace() {
        assertEquals(
                "{\"a\":[1,{\"b\":\"x y\"},[]],\"c\":{}}",
                Json.compact(Json.parse(" { \"a\" : [ 1 , { \"b\" : \"x y\" } , [ ] ] , \"c\" : { } } ", "t")));
    }

    @Test
    void officialConfigsSurviveReprinting() throws IOException {
        Path fixtures = Path.of(System.getProperty("carve.fixtures"));
        List<Path> configs;
        try (var files = Files.walk(fixtures)) {
            configs = files.filter(file -> file.getFileName().toString().equals("config.json"))
                    .toList();
        }
        assertFalse(configs.isEmpty());
        for (Path config : configs) {
            JsonObject read = Json.readObject(config);
            String printed = Json.print(read);
            assertEquals(read, Json.parse(printed, "again"), config.toString());
            assertEquals(withoutSpace(Files.readString(config)), withoutSpace(printed), config.toString());
        }
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }

    @Test
    void stringsSurviveWhateverTheyHold() {
        var text = new StringBuilder();
        for (char c = 0; c < 0x250; c++) {
            text.append(c);
        }
        text.append("\ud83d\ude00 \ud83d \ude00 \u4f60\u597d \uffff");
        String printed = Json.print(new JsonString(text.toString()));
        assertEquals(new JsonString(text.toString()), Json.parse(printed, "t"));
        byte[] utf8 = printed.getBytes(StandardCharsets.UTF_8);
        assertEquals(new JsonString(text.toString()), Json.parse(utf8, "t"));
    }

    @Test
    void escapesAreUnderstood() {
        assertEquals(
                new JsonString("\"\\/\b\f\n\r\t\u00e9\ud83d\ude00"),
                Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\ud83d\\uDE00\"", "t"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                 | t: 1:1: expected a value, found the end of the text",
                "{                  | t: 1:2: expected a key in double quotes, found the end of the text",
                "{a:1}              | t: 1:2: expected a key in double quotes, found 'a'",
                "{\"a\" 1}          | t: 1:6: expected ':', found '1'",
                "{\"a\":1,}         | t: 1:8: expected a key in double quotes, found '}'",
                "{\"a\":1 \"b\":2}  | t: 1:8: expected ',' or '}', found '\"'",
                "[1 2]              | t: 1:4: expected ',' or ']', found '2'",
                "[1,]               | t: 1:4: expected a value, found ']'",
                "[1                 | t: 1:3: expected ',' or ']', found the end of the text",
                "1 2                | t: 1:3: expected the end of the text, found '2'",
                "tru                | t: 1:1: expected a value, found 't'",
                "[01]               | t: 1:2: not a number: \"01\"",
                "-                  | t: 1:1: not a number: \"-\"",
                "1.                 | t: 1:1: not a number: \"1.\"",
                "+1                 | t: 1:1: expected a value, found '+'",
                "'\"abc'            | t: 1:5: expected '\"' at the end of the string, found the end of the text",
                "\"\\x\"            | t: 1:3: expected one of \" \\ / b f n r t u after a backslash, found 'x'",
                "\"\\u12g4\"        | t: 1:6: expected four hexadecimal digits, found 'g'",
                "{\"a\":1,\"a\":2}  | t: 1:8: duplicate key \"a\"",
                "\u00e9             | t: 1:1: expected a value, found U+00E9",
            })
    void brokenTextsAreRefusedWithTheirPlace(String text, String message) {
        var refused = assertThrows(JsonException.class, () -> Json.parse(text, "t"));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void placesCountLinesAndColumns() {
        var refused =
                assertThrows(JsonException.class, () -> Json.parse("{\n  \"a\": 1,\n  \"b\": x\n}", "config.json"));
        assertEquals("config.json: 3:8: expected a value, found 'x'", refused.getMessage());
    }

    @Test
    void lineEndsInStringsAreRefused() {
        var refused = assertThrows(JsonException.class, () -> Json.parse("[\"a\nb\"]", "t"));
        assertEquals(
                "t: 1:4: expected '\"' before the end of the line, or an escape, found U+000A", refused.getMessage());
    }

    @Test
    void deepNestingIsRefusedBeforeTheStackEnds() {
        assertEquals(128, Json.MAX_DEPTH);
        Json.parse("[".repeat(128) + "]".repeat(128), "t");
        var refused = assertThrows(JsonException.class, () -> Json.parse("[".repeat(1_000_000), "t"));
        assertEquals("t: 1:129: values are nested deeper than the limit of 128", refused.getMessage());
    }

    @Test
    void brokenUtf8IsRefused() {
        var refused = assertThrows(JsonException.class, () -> Json.parse(new byte[] {'"', (byte) 0xc3, '"'}, "t"));
        assertEquals("t: expected UTF-8, found bytes that are not", refused.getMessage());
    }

    @Test
    void missingFilesAreNamed(@TempDir Path folder) {
        Path file = folder.resolve("config.json");
        var refused = assertThrows(JsonException.class, () -> Json.read(file));
        assertEquals(file + ": no such file", refused.getMessage());
    }

    @Test
    void otherValuesThanObjectsAreRefused(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "[1, 2]");
        var refused = assertThrows(JsonException.class, () -> Json.readObject(file));
        assertEquals("config.json: expected an object, found [1, 2]", refused.getMessage());
    }

    private static final JsonObject CONFIG = Json.parseObject("""
            {"name": "tiny", "width": 64, "rate": 1e-5, "on": true, "none": null, "big": 3000000000, "half": 0.5,
             "llm_config": {"hidden_size": "x", "layers": [{"n": 1}, {"n": "y"}], "kinds": ["mamba2", "mha"]}}""", "config.json");

    @Test
    void accessorsReturnTypedValues() {
        assertEquals("tiny", CONFIG.string("name"));
        assertEquals(64, CONFIG.integer("width"));
        assertEquals(1e-5, CONFIG.real("rate"));
        assertTrue(CONFIG.flag("on"));
        assertEquals(3_000_000_000L, CONFIG.longInteger("big"));
        assertEquals(List.of("mamba2", "mha"), CONFIG.object("llm_config").strings("kinds"));
        assertTrue(CONFIG.has("none"));
        assertFalse(CONFIG.has("nothing"));
        assertEquals("config.json", CONFIG.origin());
    }

    @Test
    void optionalAccessorsTakeNullForAbsent() {
        assertEquals(Optional.of("tiny"), CONFIG.optionalString("name"));
        assertEquals(Optional.of(64), CONFIG.optionalInteger("width"));
        assertEquals(Optional.of(0.5), CONFIG.optionalReal("half"));
        assertEquals(Optional.of(true), CONFIG.optionalFlag("on"));
        assertEquals(Optional.empty(), CONFIG.optionalString("none"));
        assertEquals(Optional.empty(), CONFIG.optionalInteger("nothing"));
        assertEquals(Optional.empty(), CONFIG.optionalObject("none"));
        assertEquals(Optional.empty(), CONFIG.optionalArray("nothing"));
        assertEquals(
                "config.json: name: expected an integer, found \"tiny\"",
                assertThrows(JsonException.class, () -> CONFIG.optionalInteger("name"))
                        .getMessage());
    }

    @Test
    void accessorErrorsNameFileAndPath() {
        JsonObject llm = CONFIG.object("llm_config");
        assertEquals(
                "config.json: llm_config.hidden_size: expected an integer, found \"x\"",
                assertThrows(JsonException.class, () -> llm.integer("hidden_size"))
                        .getMessage());
        assertEquals(
                "config.json: llm_config.hidden_sizes: expected an integer, found no such key; did you mean 'hidden_size'?",
                assertThrows(JsonException.class, () -> llm.integer("hidden_sizes"))
                        .getMessage());
        assertEquals(
                "config.json: big: expected an integer of 32 bits, found 3000000000",
                assertThrows(JsonException.class, () -> CONFIG.integer("big")).getMessage());
        assertEquals(
                "config.json: half: expected an integer, found 0.5",
                assertThrows(JsonException.class, () -> CONFIG.integer("half")).getMessage());
        assertEquals(
                "config.json: llm_config: expected an array, found an object",
                assertThrows(JsonException.class, () -> CONFIG.array("llm_config"))
                        .getMessage());
        assertEquals(
                "config.json: none: expected a string, found null",
                assertThrows(JsonException.class, () -> CONFIG.string("none")).getMessage());
        assertEquals(
                "config.json: llm_config.layers: expected an array of strings, found an array of 2",
                assertThrows(JsonException.class, () -> llm.strings("layers")).getMessage());
        JsonObject second = (JsonObject) llm.array("layers").items().get(1);
        assertEquals(
                "config.json: llm_config.layers[1].n: expected a number, found \"y\"",
                assertThrows(JsonException.class, () -> second.real("n")).getMessage());
        assertEquals(
                "config.json: width: must be even, is 64",
                CONFIG.error("width", "must be even, is 64").getMessage());
    }

    @Test
    void withReplacesInPlaceAndAppends() {
        JsonObject changed = Json.parseObject("{\"a\":1,\"b\":2,\"c\":3}", "t")
                .with("b", "x")
                .with("d", 4)
                .with("e", 0.25)
                .with("f", true)
                .without("a");
        assertEquals("{\"b\":\"x\",\"c\":3,\"d\":4,\"e\":0.25,\"f\":true}", changed.toString());
    }

    @Test
    void equalityIgnoresWhereAnObjectWasRead() {
        JsonObject here = Json.parseObject("{\"a\":{\"b\":1}}", "here");
        JsonObject there = Json.parseObject("{ \"a\" : {\"b\":1}}", "there");
        assertEquals(here, there);
        assertEquals(here.hashCode(), there.hashCode());
        assertEquals(here.object("a"), Json.parse("{\"b\":1}", "elsewhere"));
    }

    @ParameterizedTest
    @CsvSource({"3,3", "3.0,3", "3e2,300", "-0,0", "0e5,0", "9223372036854775807,9223372036854775807", "120e-1,12"})
    void wholeNumbersAreWholeHoweverTheyAreWritten(String text, long value) {
        assertEquals(OptionalLong.of(value), new JsonNumber(text).whole());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.5", "9223372036854775808", "1e999999999", "1e-999999999", "NaN", "-Infinity", "1.5e0"})
    void otherNumbersAreNotWhole(String text) {
        assertEquals(OptionalLong.empty(), new JsonNumber(text).whole());
    }

    @Test
    void longNumbersAreRefused() {
        String digits = "1".repeat(1001);
        assertEquals(
                "not a number: \"" + "1".repeat(60) + "...\"",
                assertThrows(JsonException.class, () -> new JsonNumber(digits)).getMessage());
    }

    @Test
    void longKeysAboveManyValuesCostNoMoreThanTheirLength() {
        String key = "k".repeat(1 << 20);
        String many = "{\"" + key + "\": [" + "1,".repeat(1 << 20) + "1]}";
        String deep = ("{\"" + key.substring(0, 1 << 18) + "\":").repeat(100) + "1" + "}".repeat(100);
        org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(java.time.Duration.ofSeconds(30), () -> {
            assertEquals(
                    (1 << 20) + 1,
                    Json.parseObject(many, "many").array(key).items().size());
            Json.parseObject(deep, "deep");
        });
        JsonObject object =
                Json.parseObject("{\"" + key + "\": {\"a\": 1}}", "x.json").object(key);
        String message =
                assertThrows(JsonException.class, () -> object.string("a")).getMessage();
        assertTrue(message.length() < 1000, message);
    }
}
