package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.LossInputs;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import org.junit.jupiter.api.Test;

/** The laws of {@code l2}, a mean of norms, with each mask; and its figures. */
final class L2LossTest extends MaskedLossContract {
    L2LossTest() {
        super("type = l2, scale = inverse-sqrt-width");
    }

    // differences (3, 4) and (0, 2) have the norms 5 and 2; positions weigh 1 and 0.5
    @Test
    void normsAreAveragedByTheWeightsOfPositions() {
        try (Device device = new ReferenceDevice()) {
            Tensor student = Tensors.of(device, Shape.of(1, 2, 2), 3f, 5f, 1f, 3f);
            Tensor teacher = Tensors.of(device, Shape.of(1, 2, 2), 0f, 1f, 1f, 1f);
            Tensor targets = Tensors.of(device, Shape.of(1, 2), 1, 1);
            LossInputs inputs = new LossInputs(student, teacher, targets, Tensors.of(device, Shape.of(1, 2), 1f, 0.5f));
            assertEquals(4, TestParts.loss("type = l2").compute(inputs).floats()[0], 1e-6);
            assertEquals(
                    4 / Math.sqrt(2),
                    TestParts.loss("type = l2, scale = inverse-sqrt-width")
                            .compute(inputs)
                            .floats()[0],
                    1e-6);
        }
    }
}
