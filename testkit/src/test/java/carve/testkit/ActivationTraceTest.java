package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.runtime.eval.ActivationTrace;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A padded row is traced, and goes on, as it is without its padding. */
final class ActivationTraceTest {
    private static final int STEPS = 6;

    @TempDir
    private Path folder;

    /** The traced values of each result. */
    private record Traced(long[] tokens, float[] stepLogits, float[] logits) {}

    private Traced trace(long[] tokens, long... mask) {
        Path input = folder.resolve("input.safetensors");
        Path output = folder.resolve("output.safetensors");
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("input_ids", data(tokens));
        if (mask.length > 0) {
            tensors.put("attention_mask", data(mask));
        }
        SafeTensorsWriter.write(input, TensorSources.of(tensors), Map.of());
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            new ActivationTrace(model).write(input, output, STEPS, Set.of());
        }
        try (SafeTensorsFile file = SafeTensorsFile.open(output)) {
            return new Traced(
                    DTypeConversion.longs(DType.I64, file.data("greedy_tokens")),
                    DTypeConversion.floats(DType.F32, file.data("greedy_step_logits")),
                    DTypeConversion.floats(DType.F32, file.data("logits")));
        }
    }

    private static TensorData data(long... values) {
        return new TensorData(
                new TensorType(DType.I64, Shape.of(1, values.length)),
                DTypeConversion.of(DType.I64, values, Arena.ofAuto()));
    }

    private static void assertSame(Traced expected, Traced actual, int from) {
        assertArrayEquals(expected.tokens, actual.tokens, "greedy tokens");
        assertArrayEquals(expected.stepLogits, actual.stepLogits, "logits of steps");
        int vocabulary = expected.stepLogits.length / STEPS;
        float[] there =
                Arrays.copyOfRange(actual.logits, from * vocabulary, from * vocabulary + expected.logits.length);
        assertArrayEquals(expected.logits, there, "logits of the prompt");
    }

    @Test
    void paddingAtTheRightIsLeftOut() {
        Traced alone = trace(new long[] {5, 1, 4, 2});
        assertSame(alone, trace(new long[] {5, 1, 4, 2, 3, 3}, 1, 1, 1, 1, 0, 0), 0);
    }

    @Test
    void paddingAtTheLeftIsLeftOut() {
        Traced alone = trace(new long[] {5, 1, 4, 2});
        assertSame(alone, trace(new long[] {3, 3, 3, 5, 1, 4, 2}, 0, 0, 0, 1, 1, 1, 1), 3);
        assertSame(alone, trace(new long[] {3, 5, 1, 4, 2, 3, 3}, 0, 1, 1, 1, 1, 0, 0), 1);
    }

    @Test
    void aMaskWithGapsIsRefused() {
        CheckpointException e = assertThrows(CheckpointException.class, () -> trace(new long[] {5, 1, 4}, 1, 0, 1));
        assertEquals(
                folder.resolve("input.safetensors")
                        + ": 'attention_mask' must have one run of ones in each row, with zeros before and after it; row 0 is"
                        + " [1, 0, 1]",
                e.getMessage());
    }
}
