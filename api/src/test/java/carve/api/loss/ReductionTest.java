package carve.api.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import org.junit.jupiter.api.Test;

/** Values of positions as one number. */
final class ReductionTest {
    private static double reduce(Reduction reduction, float... counts) {
        try (Device device = new ReferenceDevice()) {
            Tensor values = Tensors.of(device, Shape.of(1, 3), new float[] {1, 2, 6});
            return reduction
                    .reduce(values, Tensors.of(device, Shape.of(1, 3), counts))
                    .item();
        }
    }

    @Test
    void theTokenMeanIsWeighted() {
        assertEquals(3, reduce(Reduction.TOKEN_MEAN, 1, 1, 1), 1e-6);
        assertEquals((1 + 0.5 * 6) / 1.5, reduce(Reduction.TOKEN_MEAN, 1, 0, 0.5f), 1e-6);
        assertEquals(2, reduce(Reduction.TOKEN_MEAN, 0, 0.25f, 0), 1e-6, "weights below 1 in all");
        assertEquals(0, reduce(Reduction.TOKEN_MEAN, 0, 0, 0));
    }

    @Test
    void sumsAreWeighted() {
        assertEquals(1 + 0.5 * 6, reduce(Reduction.SUM, 1, 0, 0.5f), 1e-6);
        assertEquals(1 + 0.5 * 6, reduce(Reduction.BATCH_MEAN, 1, 0, 0.5f), 1e-6);
    }
}
