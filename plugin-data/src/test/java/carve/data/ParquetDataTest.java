package carve.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.text.Processor;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parquet files that pyarrow has written. */
final class ParquetDataTest {
    @TempDir
    private Path cache;

    private static Path file(String name) {
        return TestData.FIXTURES.resolve("parquet").resolve(name + ".parquet");
    }

    private List<String> rows(String name, Map<String, Object> others) {
        try (Dataset data = TestData.text(file(name), cache, others)) {
            return TestData.rows(data);
        }
    }

    @ParameterizedTest
    @CsvSource({"none", "snappy", "gzip", "zstd"})
    void codecsAndEncodingsGiveTheSameTexts(String codec) {
        for (String encoding : List.of("plain", "dictionary")) {
            assertEquals(
                    List.of(
                            "the first document|",
                            "la deuxième, avec des accents|",
                            "第三|",
                            "the first document|",
                            "x".repeat(300) + "|"),
                    rows(
                            "text-%s-%s".formatted(codec, encoding),
                            Map.of("packing", "none", "shuffle", false, "max-length", 400)));
        }
    }

    @Test
    void aCodecThatIsNotReadIsNamed() {
        SettingsException refused =
                assertThrows(SettingsException.class, () -> rows("text-brotli", Map.of("packing", "none")));
        assertTrue(refused.getMessage().contains("text-brotli.parquet: cannot be read: "), refused::getMessage);
        assertTrue(refused.getMessage().toLowerCase(Locale.ROOT).contains("brotli"), refused::getMessage);
    }

    @Test
    void columnsThatAreNotThereAreNamed() {
        SettingsException refused =
                assertThrows(SettingsException.class, () -> rows("text-none-plain", Map.of("column", "body")));
        assertTrue(
                refused.getMessage().endsWith("text-none-plain.parquet: no column body; there are id, text"),
                refused::getMessage);
        SettingsException numbers =
                assertThrows(SettingsException.class, () -> rows("text-none-plain", Map.of("column", "id")));
        assertTrue(numbers.getMessage().contains("text-none-plain.parquet: row group 0, row 0: "), numbers::getMessage);
    }

    @Test
    void conversationsAreNestedLists() {
        try (Processor processor = TestData.chatProcessor();
                Dataset chats = TestData.chat(file("chat"), cache, processor, Map.of());
                Dataset weighted = TestData.chat(file("chat-weights"), cache, processor, Map.of("mask", "given"))) {
            assertEquals(
                    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n",
                    processor.decodeWithSpecialTokens(
                            chats.sample(0).orElseThrow().tokens()));
            assertTrue(processor
                    .decodeWithSpecialTokens(chats.sample(1).orElseThrow().tokens())
                    .startsWith("<|im_start|>system\nBe brief.<|im_end|>\n"));
            Sample half = weighted.sample(0).orElseThrow();
            assertEquals(0.5f, half.weight(half.tokens().length - 2));
            Sample whole = weighted.sample(1).orElseThrow();
            assertEquals(1f, whole.weight(whole.tokens().length - 2));
        }
    }

    @Test
    void badRowsAreNamedByGroupAndRow() {
        try (Processor processor = TestData.chatProcessor()) {
            SettingsException refused = assertThrows(
                    SettingsException.class,
                    () -> TestData.chat(file("chat-bad"), cache, processor, Map.of("format", "messages")));
            assertTrue(refused.getMessage().startsWith("data: 2 of 3 rows cannot be used"), refused::getMessage);
            assertTrue(refused.getMessage().contains("chat-bad.parquet: row group 0, row 1: "), refused::getMessage);
            assertTrue(refused.getMessage().contains("chat-bad.parquet: row group 1, row 0: "), refused::getMessage);
        }
    }
}
