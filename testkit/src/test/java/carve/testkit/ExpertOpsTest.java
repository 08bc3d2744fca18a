package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.ReferenceDevice;
import carve.api.op.ClampedSwiGlu;
import carve.api.op.GroupedLinear;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Routes;
import carve.api.op.TopKRouting.Scoring;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The definitions of the ops of experts. */
final class ExpertOpsTest {
    @Nested
    final class Products extends FusedOpContract {
        @Override
        protected FusedOp op() {
            return new GroupedLinear();
        }

        @Override
        protected List<Tensor> operands(Device device) {
            return List.of(
                    RandomTensors.seeded().normal(device, "x", 3, 5),
                    Tensors.of(device, Shape.of(3, 2), 0, 2, 2, 0, 3, 3),
                    RandomTensors.seeded().normal(device, "weight", 4, 2, 5));
        }
    }

    @Nested
    final class Units extends FusedOpContract {
        @Override
        protected FusedOp op() {
            return new ClampedSwiGlu(1.702, 1.1);
        }

        @Override
        protected List<Tensor> operands(Device device) {
            return List.of(
                    RandomTensors.seeded().normal(device, "gate", 2, 7),
                    RandomTensors.seeded().normal(device, "up", 2, 7));
        }
    }

    private static Routes route(TopKRouting routing, Device device, float... logits) {
        return routing.apply(Tensors.of(device, Shape.of(1, logits.length), logits));
    }

    @Test
    void ofEqualScoresTheSmallerNumberIsChosen() {
        try (Device device = new ReferenceDevice()) {
            Routes routes = route(new TopKRouting(3, Scoring.SOFTMAX, true), device, 1, 2, 1, 2, 1);
            assertArrayEquals(new int[] {1, 3, 0}, routes.experts().ints());
        }
    }

    @Test
    void numbersAreThoseOfExpertsWhateverTheLogits() {
        try (Device device = new ReferenceDevice()) {
            for (float odd : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
                for (Scoring scoring : Scoring.values()) {
                    Routes routes = route(new TopKRouting(2, scoring, true), device, odd, odd, odd);
                    for (int expert : routes.experts().ints()) {
                        assertEquals(Math.clamp(expert, 0, 2), expert);
                    }
                }
            }
        }
    }

    // the first group is better by its sum, the second by its greatest
    @Test
    void groupsAreChosenByTheirGreatestScores() {
        try (Device device = new ReferenceDevice()) {
            float[] logits = {0.5f, 0.6f, 0.9f, -9};
            TopKRouting bySum = new TopKRouting(1, Scoring.SOFTMAX_OF_CHOSEN, false, 2, 2, 1, 2);
            TopKRouting byGreatest = new TopKRouting(1, Scoring.SOFTMAX_OF_CHOSEN, false, 2, 2, 1, 1);
            assertArrayEquals(
                    new int[] {1}, route(bySum, device, logits).experts().ints());
            assertArrayEquals(
                    new int[] {2}, route(byGreatest, device, logits).experts().ints());
            assertArrayEquals(
                    new float[] {2}, route(byGreatest, device, logits).weights().floats());
        }
    }

    @Test
    void aCorrectionChangesTheChoiceAndNoWeight() {
        try (Device device = new ReferenceDevice()) {
            Tensor logits = Tensors.of(device, Shape.of(1, 3), 0f, 1f, 2f);
            Tensor correction = Tensors.of(device, Shape.of(3), 5f, 0f, 0f);
            Routes routes = new TopKRouting(1, Scoring.SIGMOID, false).apply(logits, correction);
            assertArrayEquals(new int[] {0}, routes.experts().ints());
            assertArrayEquals(new float[] {0.5f}, routes.weights().floats());
        }
    }

    private static void refused(String message, FusedOp op, TensorType... operands) {
        assertEquals(
                message,
                assertThrows(ShapeException.class, () -> op.results(List.of(operands)))
                        .getMessage());
    }

    @Test
    void refusesWhatCannotBeChosen() {
        TensorType six = TensorType.f32(2, 6);
        refused(
                "top-k-routing: logits of 7 experts or more in 1 of 1 equal groups of 1 experts or more expected, found"
                        + " [F32 (2, 6)]",
                new TopKRouting(7, Scoring.SOFTMAX, true),
                six);
        refused(
                "top-k-routing: logits of 1 experts or more in 1 of 4 equal groups of 2 experts or more expected, found"
                        + " [F32 (2, 6)]",
                new TopKRouting(1, Scoring.SIGMOID, true, 1, 4, 1, 2),
                six);
        refused(
                "top-k-routing: logits (N, E) and a correction (E), F32 expected, found [F32 (2, 6), F32 (5)]",
                new TopKRouting(1, Scoring.SIGMOID, true),
                six,
                TensorType.f32(5));
        assertThrows(ShapeException.class, () -> new TopKRouting(0, Scoring.SOFTMAX, true));
        assertThrows(ShapeException.class, () -> new TopKRouting(1, Scoring.SOFTMAX, true, 1, 2, 3, 1));
    }

    @Test
    void anExpertThatIsNotThereIsRefused() {
        try (Device device = new ReferenceDevice()) {
            Tensor x = Tensors.of(device, Shape.of(1, 2), 1f, 2f);
            Tensor weight = Tensors.zeros(device, Shape.of(3, 2, 2));
            Tensor experts = Tensors.of(device, Shape.of(1, 1), 3);
            assertThrows(DeviceException.class, () -> GroupedLinear.apply(x, experts, weight));
        }
    }
}
