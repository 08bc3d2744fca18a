package carve.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with changed bytes are read, or refused with their name; nothing else comes out. */
final class BadRowsFuzzTest {
    private static final int ROUNDS = 100;

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private void fuzz(byte[] whole, String name, boolean chat) throws IOException {
        Random random = new Random(42);
        Path file = folder.resolve(name);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] changed = whole.clone();
            for (int i = 0; i <= round % 3; i++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, changed);
            refused += isRead(file, chat) ? 0 : 1;
        }
        assertTrue(refused > 0 && refused < ROUNDS, name + ": refused " + refused);
    }

    private boolean isRead(Path file, boolean chat) {
        try (Processor processor = chat ? TestData.chatProcessor() : new Letters();
                Dataset data = chat
                        ? TestData.chat(file, cache, processor, Map.of("mask", "given"))
                        : TestData.text(file, cache, Map.of("packing", "none"))) {
            assertTrue(data.sample(0).isPresent());
            return true;
        } catch (SettingsException e) {
            assertTrue(e.getMessage().startsWith("data: "), e::getMessage);
            assertTrue(
                    e.getMessage().contains(file.toString()) || e.getMessage().contains("no rows to train on"),
                    e::getMessage);
            return false;
        }
    }

    @Test
    void jsonLines() throws IOException {
        String row = "{\"text\": \"abc\\u00e9\"}\n";
        fuzz(row.repeat(3).getBytes(StandardCharsets.UTF_8), "text.jsonl", false);
        String chat =
                "{\"conversations\": [{\"from\": \"human\", \"value\": \"Hi\"}, {\"from\": \"gpt\", \"value\": \"Hello.\", \"weight\": 0.5}]}\n";
        fuzz(chat.repeat(2).getBytes(StandardCharsets.UTF_8), "chat.jsonl", true);
    }

    @Test
    void parquet() throws IOException {
        Path folder = TestData.FIXTURES.resolve("parquet");
        for (String name : new String[] {"text-snappy-dictionary.parquet", "text-zstd-plain.parquet"}) {
            fuzz(Files.readAllBytes(folder.resolve(name)), name, false);
        }
        fuzz(Files.readAllBytes(folder.resolve("chat-weights.parquet")), "chat.parquet", true);
    }

    @Test
    void skippedRowsAreCounted() throws IOException {
        Path file = folder.resolve("a.jsonl");
        Files.writeString(file, "{\"text\": \"abc\"}\n{\"text\": \n".repeat(30));
        try (Dataset data = TestData.text(file, cache, Map.of("packing", "none", "on-error", "skip"))) {
            assertEquals(30, data.size());
            assertEquals(30, data.skipped().get("cannot be used").count());
            assertEquals(5, data.skipped().get("cannot be used").examples().size());
        }
    }
}
