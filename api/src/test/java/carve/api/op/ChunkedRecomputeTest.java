package carve.api.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.ReferenceDevice;
import carve.api.tensor.RowChunks;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A loss over a vocabulary is the same for some rows at a time as for all of them, with less memory. */
class ChunkedRecomputeTest {
    private static final int ROWS = 13;
    private static final int WIDTH = 5;
    private static final int VOCABULARY = 400;

    private static Tensor random(ReferenceDevice device, String name, int... extents) {
        Random random = new Random(name.hashCode());
        Shape shape = Shape.of(extents);
        float[] values = new float[(int) shape.size()];
        IntStream.range(0, values.length).forEach(i -> values[i] = (float) random.nextGaussian());
        return Tensors.of(device, shape, values);
    }

    private record Outcome(float[] losses, List<float[]> gradients, long peak) {}

    private static Outcome run(int rows) {
        try (ReferenceDevice device = new ReferenceDevice()) {
            Tape tape = new Tape();
            Tensor hidden = tape.watch(random(device, "hidden", ROWS, WIDTH));
            Tensor weight = tape.watch(random(device, "weight", VOCABULARY, WIDTH));
            Tensor teacher = random(device, "teacher", ROWS, WIDTH);
            int[] ids = IntStream.range(0, ROWS).map(i -> i == 3 ? -100 : 7 * i).toArray();
            Tensor targets = Tensors.of(device, Shape.of(ROWS), ids);
            Tensor factors = random(device, "factors", ROWS);
            return Scope.run(device, () -> {
                List<Tensor> results = ChunkedRecompute.apply(
                        List.of(TensorType.f32(ROWS), TensorType.f32(ROWS)),
                        ChunkedRecomputeTest::losses,
                        new RowChunks(rows, List.of(true, false, true, true)),
                        List.of(hidden, weight, targets, teacher));
                Tensor loss =
                        results.get(0).add(results.get(1)).multiply(factors).sum();
                List<float[]> gradients = tape.gradients(loss, List.of(hidden, weight)).stream()
                        .map(Tensor::floats)
                        .toList();
                return new Outcome(
                        results.get(1).floats(),
                        gradients,
                        device.context().scopes().peakBytes());
            });
        }
    }

    private static List<Tensor> losses(List<Tensor> in) {
        Tensor logits = Linear.apply(in.get(0), in.get(1));
        Tensor taught = Linear.apply(in.get(3), in.get(1).detach());
        return List.of(CrossEntropy.apply(logits, in.get(2)), KlDivergence.apply(logits, taught, 2));
    }

    @Test
    void lossesAndGradientsAreTheSameInPieces() {
        Outcome whole = run(ROWS);
        for (int rows : new int[] {1, 2, 5, 12, 64}) {
            Outcome pieces = run(rows);
            assertClose(whole.losses(), pieces.losses());
            for (int i = 0; i < 2; i++) {
                assertClose(whole.gradients().get(i), pieces.gradients().get(i));
            }
        }
    }

    private static void assertClose(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-5 * (1 + Math.abs(expected[i])), "value " + i);
        }
    }

    @Test
    void logitsOfAllRowsAreNeverThere() {
        long whole = run(ROWS).peak();
        long pieces = run(1).peak();
        long logits = 4L * ROWS * VOCABULARY;
        assertTrue(whole - pieces > 2 * logits, whole + " bytes at once, " + pieces + " in pieces");
    }

    @Test
    void operandsOfOtherNumbersOfRowsAreRefused() {
        ChunkedRecompute op = new ChunkedRecompute(
                List.of(TensorType.f32(3)), in -> in, new RowChunks(1, List.of(true, false, true)));
        List<TensorType> types = List.of(TensorType.f32(3, 2), TensorType.f32(5), TensorType.f32(4));
        String message =
                assertThrows(ShapeException.class, () -> op.results(types)).getMessage();
        assertTrue(message.startsWith("by-rows: operands of equally many rows where they are cut"), message);
        assertThrows(IllegalArgumentException.class, () -> new RowChunks(0, List.of(true)));
    }
}
