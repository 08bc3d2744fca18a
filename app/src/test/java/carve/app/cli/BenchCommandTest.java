package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.runtime.model.PublishedConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model is measured at depths and goes to a GGUF file, with commands that know nothing of it. */
final class BenchCommandTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    @Test
    void modelsAreMeasured() throws IOException {
        Path json = folder.resolve("figures.jsonl");
        String table = carve.succeeds(
                "bench",
                "--models",
                FIXTURES.resolve("hovle_tiny").toString(),
                "--prompt",
                "8",
                "--generate",
                "2",
                "--depth",
                "0,5",
                "--repeat",
                "1",
                "--device",
                "reference",
                "--json",
                json.toString(),
                "--plots",
                folder.resolve("plots").toString());
        List<String> lines = Files.readAllLines(json);
        assertEquals(
                List.of("pp8", "tg2", "pp8 @ d5", "tg2 @ d5"),
                lines.stream()
                        .map(line -> Json.parseObject(line, "").string("test"))
                        .toList());
        assertTrue(table.contains("| hovle_tiny | f32 |"), table);
        assertEquals(6, table.lines().count(), table);
        assertTrue(Files.size(folder.resolve("plots/latency.png")) > 1000);
        assertTrue(Files.size(folder.resolve("plots/memory.png")) > 1000);
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertEquals(1, carve.run("bench", "--models", "shape:mamba3"));
        assertTrue(
                carve.err().contains("no published shape 'mamba3'; there are hovle-2.7b, llama-1b, llama-135m"),
                carve.err());
        assertEquals(1, carve.run("bench", "--models", "shape:mamba2-130m", "--depth", "1,x"));
        assertTrue(carve.err().contains("--depth: expected numbers from 0 with commas, found '1,x'"), carve.err());
        assertEquals(1, carve.run("export", "shape:mamba2-130m", "out.gguf", "--type", "q9"));
        assertTrue(
                carve.err()
                        .contains(
                                "no storage type of matrices 'q9'; there are bf16, f16, f32, q4_0, q4_1, q4_k_m, q5_0,"
                                        + " q5_1, q5_k_m, q6_k, q8_0"),
                carve.err());
        assertEquals(
                1,
                carve.run(
                        "export",
                        FIXTURES.resolve("hovle_tiny").toString(),
                        folder.resolve("out.gguf").toString()));
        assertTrue(carve.err().contains("models of the family 'hovle' have no GGUF layout"), carve.err());
    }

    /** Every published shape is a model of a family that is installed. */
    @Test
    void shapesAreModels() throws IOException {
        for (String shape : PublishedConfigs.names()) {
            Path model = Files.createDirectories(folder.resolve(shape));
            Files.writeString(model.resolve("config.json"), Json.print(PublishedConfigs.config(shape)));
            assertTrue(carve.succeeds("inspect", model.toString()).contains("parameters "), shape);
        }
    }
}
