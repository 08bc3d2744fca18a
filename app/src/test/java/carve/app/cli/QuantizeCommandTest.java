package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code carve quantize}: what it writes, what runs it, what it refuses. */
final class QuantizeCommandTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final String HYBRID = FIXTURES.resolve("mmmamba_hybrid_tiny").toString();
    private static final String TEACHER = Path.of("..", "demo", "teacher").toString();

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private String out() {
        return folder.resolve("out").toString();
    }

    private void refused(String message, String... line) {
        assertEquals(1, carve.run(line));
        assertEquals("carve: " + message + "\n", carve.err());
        assertEquals("", carve.out());
    }

    @Test
    void matricesBecomeBlocksAndAllElseStays() {
        String shown = carve.succeeds("quantize", HYBRID, out(), "--type", "q4_0", "--no-comparison");
        try (Checkpoint before = Checkpoint.open(Path.of(HYBRID));
                Checkpoint after = Checkpoint.open(folder.resolve("out"))) {
            assertEquals(before.names(), after.names());
            for (String name : after.names()) {
                TensorType type = after.type(name);
                assertEquals(before.type(name).shape(), type.shape(), name);
                if (type.equals(before.type(name))) {
                    assertEquals(-1, before.data(name).mismatch(after.data(name)), name);
                }
            }
            assertEquals(DType.Q8_0, after.type("language_model.output.weight").dtype());
            assertEquals(
                    DType.F32, after.type("language_model.model.norm.weight").dtype());
            assertEquals(
                    "{\"quant_method\":\"carve\",\"weights\":\"q4_0\",\"embedding\":\"q8_0\",\"output\":\"q8_0\"}",
                    Json.compact(after.config().object("quantization_config")));
        }
        assertTrue(shown.endsWith("\nwrote " + out() + "\n"), shown);
        assertTrue(shown.matches("(?s)STORED +TENSORS +BEFORE +AFTER +SHARE\n(F32 \\S+ \\S+ .*\n)+all .*"), shown);
    }

    @Test
    void whatIsNamedStaysWide() {
        carve.succeeds(
                "quantize",
                HYBRID,
                out(),
                "--type",
                "q8_0",
                "--wide",
                "layers.{0,1}.**, input.**",
                "--output",
                "bf16",
                "--no-comparison");
        try (Checkpoint after = Checkpoint.open(folder.resolve("out"))) {
            assertEquals(DType.BF16, after.type("language_model.output.weight").dtype());
            assertEquals(
                    DType.F32,
                    after.type("embedding_model.encoder.0.feed_forward.w1.weight")
                            .dtype());
            assertEquals(
                    DType.Q8_0,
                    after.type("language_model.model.layers.3.feed_forward.w1.weight")
                            .dtype());
        }
    }

    @Test
    void blocksAreQuantisedOnlyOnce() {
        carve.succeeds("quantize", HYBRID, out(), "--type", "q8_0", "--no-comparison");
        Path again = folder.resolve("again");
        carve.succeeds("quantize", out(), again.toString(), "--type", "q8_0", "--no-comparison");
        try (Checkpoint once = Checkpoint.open(folder.resolve("out"));
                Checkpoint twice = Checkpoint.open(again)) {
            for (String name : once.names()) {
                assertEquals(once.type(name), twice.type(name));
                assertEquals(-1, once.data(name).mismatch(twice.data(name)), name);
            }
        }
    }

    @Test
    void quantisedModelsRunOnKernelsAlone() throws IOException, InterruptedException {
        Path questions = Files.writeString(
                folder.resolve("questions.json"),
                "[{'id':'1','kind':'text','conversations':[{'from':'human','value':'count the figures'},{'from':'gpt','value':'two'}]}]"
                        .replace('\'', '"'));
        String shown = carve.process("quantize", TEACHER, out(), "--type", "q8_0", "--data", questions.toString());
        assertTrue(
                shown.matches("(?s)STORED .*\nKL divergence from the original: mean \\S+ nats per token, max \\S+;"
                        + " same top token: \\S+ % \\(\\d+ tokens of \\Q" + questions + "\\E\\)\n"
                        + "KIND +OF +CORRECT BEFORE +CORRECT AFTER\ntext +1 .*\nall +1 .*\nwrote \\Q" + out()
                        + "\\E\n"),
                shown);
        assertEquals(
                carve.process("generate", TEACHER, "--prompt", "count the figures", "--greedy"),
                carve.process("generate", out(), "--prompt", "count the figures", "--greedy", "--require", "kernels"));
    }

    @Test
    void wrongLinesAreRefused() throws IOException {
        refused(
                "--type: no storage type 'q5_2'; there are bf16, f16, q4_0, q4_1, q4_k_m, q5_0, q5_1, q5_k_m, q6_k, q8_0"
                        + " (did you mean 'q5_0'?)",
                "quantize",
                HYBRID,
                out(),
                "--type",
                "q5_2");
        refused(
                "--limit: found 0; at least 1 expected",
                "quantize",
                HYBRID,
                out(),
                "--type",
                "q8_0",
                "--data",
                Files.writeString(folder.resolve("empty.json"), "[]").toString(),
                "--limit",
                "0");
        refused(
                HYBRID + ": the original would be lost; write into another folder",
                "quantize",
                HYBRID,
                HYBRID,
                "--type",
                "q8_0");
        Path missing = folder.resolve("missing");
        refused(
                missing + ": no such folder; a model is a folder with config.json and model.safetensors",
                "quantize",
                missing.toString(),
                out(),
                "--type",
                "q8_0");
        assertFalse(Files.exists(folder.resolve("out")));
    }
}
