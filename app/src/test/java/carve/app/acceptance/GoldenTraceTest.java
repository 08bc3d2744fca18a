package carve.app.acceptance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every golden case with greedy tokens is traced from the command line, with and without a picture, hidden states too. */
final class GoldenTraceTest {
    private static final String TOKENS = ".greedy_tokens";

    @TempDir
    private Path folder;

    private final Program carve = new Program();

    @ParameterizedTest
    @ValueSource(
            strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny", "matvlm_teacher_tiny", "matvlm_tiny"
            })
    void greedyTokensAreTheOfficialOnes(String name) {
        Path model = Program.FIXTURES.resolve(name);
        try (SafeTensorsFile golden = SafeTensorsFile.open(model.resolve("io.safetensors"))) {
            List<String> cases = golden.names().stream()
                    .filter(tensor -> tensor.startsWith("out.") && tensor.endsWith(TOKENS))
                    .map(tensor -> tensor.substring("out.".length(), tensor.length() - TOKENS.length()))
                    .toList();
            assertTrue(cases.size() >= 2, cases.toString());
            cases.forEach(each -> compare(model, golden, each));
        }
    }

    private void compare(Path model, SafeTensorsFile golden, String name) {
        Path out = folder.resolve("out.safetensors");
        List<String> line = new ArrayList<>(List.of(
                "trace",
                model.toString(),
                "--input",
                input(golden, "in." + name + ".").toString(),
                "--out",
                out.toString(),
                "--greedy",
                "32"));
        if (golden.names().contains("in.img.pixel_values")) {
            line.addAll(List.of(
                    "--exclude", "120")); // the authors never choose the place of a picture, which is a word here
        }
        carve.good(line.toArray(String[]::new));
        try (SafeTensorsFile ours = SafeTensorsFile.open(out)) {
            String tokens = "out." + name + TOKENS;
            assertArrayEquals(
                    DTypeConversion.longs(golden.type(tokens).dtype(), golden.data(tokens)),
                    DTypeConversion.longs(ours.type("greedy_tokens").dtype(), ours.data("greedy_tokens")),
                    model + " " + name);
            String logits = "out." + name + ".greedy_step_logits";
            close(model + " " + name, floats(golden, logits), floats(ours, "greedy_step_logits"));
            hidden(golden, ours, "out." + name + ".");
        }
    }

    // the golden file may have the last positions only
    private static void hidden(SafeTensorsFile golden, SafeTensorsFile ours, String prefix) {
        List<String> names = golden.names().stream()
                .filter(tensor -> tensor.startsWith(prefix + "h."))
                .toList();
        assertTrue(names.size() >= 5, names.toString());
        for (String name : names) {
            float[] expected = floats(golden, name);
            float[] actual = floats(ours, name.substring(prefix.length()));
            close(name, expected, Arrays.copyOfRange(actual, actual.length - expected.length, actual.length));
        }
    }

    private Path input(SafeTensorsFile golden, String prefix) {
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (String input : List.of("input_ids", "pixel_values", "images")) {
            if (golden.names().contains(prefix + input)) {
                inputs.put(input, new TensorData(golden.type(prefix + input), golden.data(prefix + input)));
            }
        }
        Path file = folder.resolve("in.safetensors");
        SafeTensorsWriter.write(file, TensorSources.of(inputs), Map.of());
        return file;
    }

    private static float[] floats(SafeTensorsFile file, String name) {
        return DTypeConversion.floats(file.type(name).dtype(), file.data(name));
    }

    private static void close(String name, float[] expected, float[] actual) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertTrue(Math.sqrt(error / size) <= 1e-4, "%s: relative error %s".formatted(name, Math.sqrt(error / size)));
    }
}
