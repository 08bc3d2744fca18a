package carve.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mixtures of data sets. */
final class MixDataTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private Map<String, Object> set(String name, int rows, double weight) throws IOException {
        Path file = folder.resolve(name + ".txt");
        Files.writeString(
                file,
                IntStream.range(0, rows)
                        .mapToObj(i -> name + "%05d".formatted(i))
                        .collect(Collectors.joining("\n")));
        Map<String, Object> values = new HashMap<>(TestData.defaults(file, cache));
        values.putAll(Map.of("weight", weight, "split", "lines", "packing", "none", "validation", "10%"));
        return values;
    }

    private static Dataset open(List<Map<String, Object>> sets, boolean repeat, long seed) {
        Settings settings = MapSettings.of(Map.of("sets", sets, "repeat", repeat));
        return new MixDataProvider()
                .open(
                        settings,
                        new DatasetContext(new Letters(), seed, DatasetContext.Phases.NONE, (section, context) -> {
                            Dataset data = new TextDataProvider().open(section, context);
                            section.requireAllRead();
                            return data;
                        }));
    }

    private static String text(Dataset data, long position) {
        return TestData.row(data.sample(position).orElseThrow());
    }

    @Test
    void eachSetHasItsShareAndEachSampleItsTurn() throws IOException {
        List<Map<String, Object>> sets = List.of(set("a", 1000, 3), set("b", 2000, 1));
        try (Dataset data = open(sets, false, 42)) {
            assertEquals(1200, data.size());
            List<String> first = new ArrayList<>();
            for (long position = 0; position < 1000; position++) {
                first.add(text(data, position));
            }
            assertEquals(750, first.stream().filter(row -> row.startsWith("a")).count());
            assertEquals(1000, first.stream().distinct().count());
            assertEquals(7 * 1200, data.tokens().orElseThrow());
        }
        try (Dataset data = open(sets, true, 42)) {
            assertEquals(7200, data.size());
        }
    }

    @Test
    void positionsAreAFunctionOfTheSeed() throws IOException {
        List<Map<String, Object>> sets = List.of(set("a", 100, 3), set("b", 200, 1));
        try (Dataset data = open(sets, true, 42);
                Dataset again = open(sets, true, 42);
                Dataset other = open(sets, true, 43)) {
            List<String> forward = new ArrayList<>();
            for (long position = 0; position < 3000; position++) {
                forward.add(text(data, position));
            }
            for (int position = 2999; position >= 0; position -= 7) {
                assertEquals(forward.get(position), text(again, position));
            }
            assertEquals(data.fingerprint(), again.fingerprint());
            assertTrue(!data.fingerprint().equals(other.fingerprint()));
            assertTrue(IntStream.range(0, 100).anyMatch(i -> !text(other, i).equals(forward.get(i))));
        }
    }

    @Test
    void validationsAreJoined() throws IOException {
        try (Dataset data = open(List.of(set("a", 100, 3), set("b", 200, 1)), true, 42)) {
            List<String> held = TestData.rows(data.validation().orElseThrow());
            assertEquals(30, held.size());
            assertEquals(10, held.stream().filter(row -> row.startsWith("a")).count());
            Sample beyond = data.validation().orElseThrow().sample(30).orElseThrow();
            assertEquals(held.getFirst(), TestData.row(beyond));
        }
    }

    @Test
    void weightsMustCount() throws IOException {
        List<Map<String, Object>> sets = List.of(set("a", 100, 0), set("b", 200, 1));
        assertTrue(assertThrows(SettingsException.class, () -> open(sets, true, 42))
                .getMessage()
                .endsWith("key 'weight' must be more than 0, is 0.0"));
        List<Map<String, Object>> small = List.of(set("a", 100, 1e-9), set("b", 200, 1));
        assertEquals(
                "data: weight 1.0E-9 of set 0 is less than one in 1000 of all weights",
                assertThrows(SettingsException.class, () -> open(small, true, 42))
                        .getMessage());
    }
}
