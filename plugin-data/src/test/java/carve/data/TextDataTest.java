package carve.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of text. */
final class TextDataTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private List<String> rows(Map<String, Object> others) {
        try (Dataset data = TestData.text(folder, cache, others)) {
            return TestData.rows(data);
        }
    }

    @Test
    void concatenationCutsJoinedDocuments() throws IOException {
        write("a.txt", "abcde");
        write("b.txt", "fghijk");
        write("c.txt", "lm");
        assertEquals(List.of("abcde|fg", "hijk|lm|"), rows(Map.of("shuffle", false)));
        assertEquals(List.of(" abcde| fg", " hijk| lm|"), rows(Map.of("shuffle", false, "reset", true)));
    }

    @Test
    void packingKeepsDocumentsWhole() throws IOException {
        write("a.txt", "abc");
        write("b.txt", "defgh");
        write("c.txt", "ij");
        write("d.txt", "klmnopqrst");
        assertEquals(
                List.of(" abc| ij|", "klmnopqr", " defgh|", "st|").stream()
                        .map(String::strip)
                        .sorted()
                        .toList(),
                rows(Map.of("shuffle", false, "packing", "pack")).stream()
                        .map(String::strip)
                        .sorted()
                        .toList());
    }

    @Test
    void withoutPackingEachDocumentIsARow() throws IOException {
        write("a.txt", "abc");
        write("b.txt", "defghijklm");
        Map<String, Object> none = Map.of("shuffle", false, "packing", "none");
        assertEquals(List.of("abc|", "defghijk", "lm|"), rows(none));
        assertEquals(
                List.of("abc|", "defghijk"), rows(Map.of("shuffle", false, "packing", "none", "overlong", "truncate")));
        assertEquals(List.of("abc|"), rows(Map.of("shuffle", false, "packing", "none", "overlong", "skip")));
    }

    @Test
    void plainFilesAreDivided() throws IOException {
        write("a.txt", "one\ntwo\n\n\nthree\n");
        Map<String, Object> none = Map.of("shuffle", false, "packing", "none");
        assertEquals(List.of("one\ntwo\n", "\n\nthree\n"), rows(with(none, "split", "file")));
        assertEquals(List.of("one\ntwo|", "three|"), rows(with(none, "split", "paragraphs")));
        assertEquals(List.of("one|", "two|", "three|"), rows(with(none, "split", "lines")));
    }

    private static Map<String, Object> with(Map<String, Object> values, String key, Object value) {
        Map<String, Object> all = new HashMap<>(values);
        all.put(key, value);
        return all;
    }

    @Test
    void formatsGiveTheSameRows() throws IOException {
        write("a.txt.gz", "");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("a.txt.gz")))) {
            out.write("abcdefg".getBytes(StandardCharsets.UTF_8));
        }
        write("b.jsonl", "{\"text\": \"hijklmn\"}\n\n{\"text\": \"opqrstu\"}\n");
        write("c.json", "[{\"text\": \"vwxyzab\"}]");
        assertEquals(List.of("abcdefg|", "hijklmn|", "opqrstu|", "vwxyzab|"), rows(Map.of("shuffle", false)));
    }

    @Test
    void globsNameFilesAsInAShell() throws IOException {
        write("a.txt", "abcdefg");
        write("sub/b.txt", "hijklmn");
        write("sub/c.md", "opqrstu");
        write(".hidden", "no");
        Map<String, Object> ordered = Map.of("shuffle", false);
        assertEquals(List.of("abcdefg|"), rows(with(ordered, "files", folder + "/*.txt")));
        assertEquals(List.of("abcdefg|", "hijklmn|"), rows(with(ordered, "files", folder + "/**/*.txt")));
        assertEquals(3, rows(ordered).size());
        SettingsException refused =
                assertThrows(SettingsException.class, () -> rows(with(ordered, "files", folder + "/*.pdf")));
        assertTrue(refused.getMessage().endsWith("names '%s/*.pdf', but no file is there".formatted(folder)));
    }

    @Test
    void allBadRowsAreNamedBeforeAnythingBegins() throws IOException {
        write("b.jsonl", "{\"text\": \"abcdefg\"}\n{\"text\": 7}\n{\"txt\": \"x\"}\n[1]\n{\"text\": \"");
        SettingsException refused = assertThrows(SettingsException.class, () -> rows(Map.of()));
        assertTrue(refused.getMessage()
                .startsWith(
                        "data: 4 of 5 rows cannot be used; correct them, or set on-error = skip to leave them out\n"));
        for (int line : new int[] {2, 3, 4, 5}) {
            assertTrue(refused.getMessage().contains("b.jsonl: line " + line + ": "), refused.getMessage());
        }
        assertEquals(List.of("abcdefg|"), rows(Map.of("on-error", "skip")));
        try (Dataset data = TestData.text(folder, cache, Map.of("on-error", "skip"))) {
            assertEquals(4, data.skipped().get("cannot be used").count());
        }
    }

    @Test
    void nothingIsLeftOfWhatWasRefused() throws IOException {
        write("b.jsonl", "{\"txt\": 7}\n");
        assertThrows(SettingsException.class, () -> rows(Map.of()));
        try (var left = Files.list(cache)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void noDocumentIsInTrainingAndValidation() throws IOException {
        for (char name = 'a'; name < 'z'; name++) {
            write(name + ".txt", String.valueOf(name).repeat(7));
        }
        for (Object validation : List.of("10%", "3", "0.5%")) {
            try (Dataset data = TestData.text(folder, cache, Map.of("validation", validation))) {
                List<String> held = TestData.rows(data.validation().orElseThrow());
                List<String> trained = TestData.rows(data);
                assertEquals(validation.equals("0.5%") ? 1 : 3, held.size());
                assertEquals(25, held.size() + trained.size());
                assertTrue(held.stream().noneMatch(trained::contains));
                assertEquals(8L * trained.size(), data.tokens().orElseThrow());
            }
        }
    }

    @Test
    void validationMayBeFilesOfItsOwn(@TempDir Path other) throws IOException {
        write("a.txt", "abcdefg");
        Files.writeString(other.resolve("v.txt"), "hijklmn");
        try (Dataset data = TestData.text(folder, cache, Map.of("validation", other.toString()))) {
            assertEquals(List.of("hijklmn|"), TestData.rows(data.validation().orElseThrow()));
            assertEquals(2, data.files().annotations().size());
        }
    }

    @Test
    void validationThatTakesEverythingIsRefused() throws IOException {
        write("a.txt", "abcdefg");
        SettingsException refused = assertThrows(SettingsException.class, () -> rows(Map.of("validation", "1%")));
        assertEquals(
                "data: validation = 1.0% takes all of 1 documents, and none is left to train on; take less, give files of their own,"
                        + " or divide plain files with split = paragraphs or lines",
                refused.getMessage());
    }

    @Test
    void everyPositionIsAFunctionOfTheSeed() throws IOException {
        for (char name = 'a'; name < 'z'; name++) {
            write(name + ".txt", String.valueOf(name).repeat(7));
        }
        try (Dataset data = TestData.text(folder, cache, Map.of());
                Dataset again = TestData.text(folder, cache, Map.of())) {
            String last = TestData.row(data.sample(60).orElseThrow());
            TestData.rows(again);
            assertEquals(last, TestData.row(again.sample(60).orElseThrow()));
        }
    }

    @Test
    void wideTokensAreKept() throws IOException {
        write("a.jsonl", "{\"text\": \"abcdefg\"}\n{\"text\": \"hij\"}\n{\"text\": \"klm\"}\n");
        Letters wide = new Letters() {
            @Override
            public int[] encode(String text) {
                return text.chars().map(c -> c == 'j' ? 70_000 : c).toArray();
            }
        };
        try (Dataset data = new TextDataProvider()
                .open(TestData.settings(folder, cache, Map.of("shuffle", false)), new DatasetContext(wide, 42))) {
            assertEquals("abcdefg|", TestData.row(data.sample(0).orElseThrow()));
            assertEquals(70_000, data.sample(1).orElseThrow().tokens()[2]);
            assertEquals('m', data.sample(1).orElseThrow().tokens()[6]);
        }
    }
}
