package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.gguf.GgufTensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks that the page on quantised models tells each type of GGUF, and what it is read as. */
final class QuantisedTypesTest {
    @Test
    void eachTypeIsInTheTable() throws IOException {
        Map<String, String> told = new TreeMap<>();
        Files.readAllLines(Project.ROOT.resolve("docs/quantised-models.md")).stream()
                .dropWhile(line -> !line.startsWith("| type |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split(" *\\| *"))
                .forEach(cells -> Arrays.stream(cells[1].split(", "))
                        .forEach(type -> told.put(type, cells[2].equals("the same") ? type : cells[2])));
        Map<String, String> expected = Arrays.stream(GgufTensorType.values())
                .collect(Collectors.toMap(
                        GgufTensorType::name, type -> type.dtype().name(), (a, _) -> a, TreeMap::new));
        assertEquals(expected, told);
    }
}
