package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices take one another's place: for a run, for a recipe, and in the middle of an answer. */
final class DeviceSelectionTest {
    private static final String DEMO = Path.of("..", "demo", "teacher").toString();

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    @Test
    void anAnswerGoesOnOnAnotherDevice() throws IOException, InterruptedException {
        String[] stays = {"generate", DEMO, "--prompt", "count", "--greedy", "--max-tokens", "8", "--device", "cpu"};
        String[] moves = {
            "generate",
            DEMO,
            "--prompt",
            "count",
            "--greedy",
            "--max-tokens",
            "8",
            "--device",
            "reference",
            "--move",
            "1:cpu"
        };
        assertEquals(carve.process(stays), carve.process(moves));
    }

    @Test
    void movesThatCannotBeMadeAreToldBeforeAnythingIsSaid() {
        assertEquals(1, carve.run("generate", DEMO, "--prompt", "x", "--move", "cpu"));
        assertEquals("carve: --move: found 'cpu'; name tokens and a device, as in 16:cpu\n", carve.err());
        assertEquals(1, carve.run("generate", DEMO, "--prompt", "x", "--move", "4:gpu"));
        assertEquals("carve: no device 'gpu'; there are cpu, cuda, reference (did you mean 'cpu'?)\n", carve.err());
        assertEquals(1, carve.run("generate", DEMO, "--prompt", "x", "--move", "4:cpu", "--move", "4:reference"));
        assertEquals("carve: --move: found two moves after 4 tokens; remove one\n", carve.err());
    }

    @Test
    void aReferenceThatWouldRunIsAnErrorWhereKernelsAreRequired() {
        Path input = folder.resolve("in.safetensors");
        SafeTensorsWriter.write(
                input,
                TensorSources.of(Map.of(
                        "input_ids",
                        new TensorData(
                                new TensorType(DType.I64, Shape.of(1, 3)),
                                DTypeConversion.of(DType.I64, new long[] {15, 16, 17}, Arena.ofAuto())))),
                Map.of());
        String out = folder.resolve("out.safetensors").toString();
        String[] line = {"trace", DEMO, "--input", input.toString(), "--out", out, "--require", "kernels", "--device"};
        assertEquals(1, carve.run(with(line, "reference")));
        assertEquals(
                "carve: kernels are required, but device reference has none for rms-norm of [F32 (1, 3, 192), F32 (192)]; use another"
                        + " device, or prefer kernels instead of requiring them\n",
                carve.err());
        carve.succeeds(with(line, "cpu"));
    }

    private static String[] with(String[] line, String last) {
        String[] whole = Arrays.copyOf(line, line.length + 1);
        whole[line.length] = last;
        return whole;
    }

    @Test
    void recipesNameTheirDevice() throws IOException {
        Path plan = Files.writeString(folder.resolve("plan.conf"), "repeat = [mamba2]\ndevice = refrence\n");
        String out = folder.resolve("student").toString();
        assertEquals(1, carve.run("convert", DEMO, "--plan", plan.toString(), "--out", out));
        assertEquals(
                "carve: %s: 2: key 'device': no device 'refrence'; there are cpu, cuda, reference (did you mean 'reference'?); 'auto' takes one that is available\n"
                        .formatted(plan),
                carve.err());
        carve.succeeds("convert", DEMO, "--plan", plan.toString(), "--out", out, "--device", "reference");
    }
}
