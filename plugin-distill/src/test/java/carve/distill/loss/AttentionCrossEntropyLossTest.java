package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import carve.testkit.LossContract;
import carve.testkit.RandomTensors;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The laws of {@code attention-cross-entropy}, on weights of heads; and its figures. */
final class AttentionCrossEntropyLossTest extends LossContract {
    private static final int HEADS = 2;
    private static final int KEYS = 5;

    @Override
    protected Loss loss(Reduction reduction) {
        return TestParts.loss("type = attention-cross-entropy, reduction = " + TestParts.word(reduction));
    }

    @Override
    protected CountedPositions countedPositions(Reduction reduction) {
        return CountedPositions.NON_PADDING;
    }

    @Override
    protected Set<Reduction> reductions() {
        return EnumSet.complementOf(EnumSet.of(Reduction.MEAN));
    }

    @Override
    protected List<Integer> valueShape() {
        return List.of(HEADS, KEYS);
    }

    @Override
    protected Tensor atSite(Tensor values) {
        return values.permute(0, 2, 1, 3);
    }

    // rows of different sums, since the student's are divided by theirs
    @Override
    protected double[] values(String name, Shape shape, int variant) {
        double[] values = RandomTensors.seeded().uniforms(name + variant, 0.5, 1.5, Math.toIntExact(shape.size()));
        for (int start = 0; start < values.length && name.equals("teacher"); start += KEYS) {
            double sum = 0;
            for (int i = start; i < start + KEYS; i++) {
                sum += values[i];
            }
            for (int i = start; i < start + KEYS; i++) {
                values[i] /= sum;
            }
        }
        return values;
    }

    /** Equal weights have the entropy of the teacher's as the loss, which is the least, so the gradient vanishes. */
    @Override
    @TestFactory
    public Stream<DynamicTest> zeroForEqual() {
        return Stream.of(DynamicTest.dynamicTest("entropy", () -> {
            try (Device device = new ReferenceDevice()) {
                Tensor teacher = Tensors.of(device, Shape.of(1, 1, 1, 2), 0.25f, 0.75f);
                Tape tape = new Tape();
                Tensor student = tape.watch(teacher);
                Tensor value = loss(Reduction.TOKEN_MEAN).compute(inputs(device, student, teacher));
                assertEquals(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75), value.item(), 1e-6);
                for (float gradient :
                        tape.gradients(value, List.of(student)).getFirst().floats()) {
                    assertEquals(0, gradient, 1e-6);
                }
            }
        }));
    }

    private static LossInputs inputs(Device device, Tensor student, Tensor teacher) {
        Shape positions = Shape.of(1, student.extent(2));
        return new LossInputs(
                student,
                teacher,
                Tensors.of(device, positions, new int[positions.extent(1)]),
                Tensors.ones(device, positions));
    }

    // rows (1, 0) and (.5, .5) against (1, 0) and (.2, .8); zeros of both count nothing, a negative weight is nearly
    // zero
    @Test
    void rowsAreComparedAsDistributions() {
        try (Device device = new ReferenceDevice()) {
            Tensor teacher = Tensors.of(device, Shape.of(1, 1, 2, 2), 1f, 0f, 0.5f, 0.5f);
            Loss loss = loss(Reduction.TOKEN_MEAN);
            double second = -0.5 * Math.log(0.2) - 0.5 * Math.log(0.8);
            for (float[] student : List.of(new float[] {1, 0, 0.2f, 0.8f}, new float[] {3, 0, 0.4f, 1.6f})) {
                Tensor weights = Tensors.of(device, Shape.of(1, 1, 2, 2), student);
                assertEquals(
                        second / 2,
                        loss.compute(inputs(device, weights, teacher)).item(),
                        1e-6);
            }
            Tensor negative = Tensors.of(device, Shape.of(1, 1, 2, 2), 1f, 0f, -2f, 1f);
            assertEquals(
                    -0.5 * Math.log(1e-12) / 2,
                    loss.compute(inputs(device, negative, teacher)).item(),
                    1e-5);
        }
    }
}
