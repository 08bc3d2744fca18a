package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.LossInputs;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import org.junit.jupiter.api.Test;

/** The laws of {@code top-k-kl}, at a temperature, with each mask; its figures, and its relation to {@code kl}. */
final class TopKKlLossTest extends MaskedLossContract {
    TopKKlLossTest() {
        super("type = top-k-kl, k = 3, temperature = 2");
    }

    private static double value(String loss, float[] student, float[] teacher) {
        try (Device device = new ReferenceDevice()) {
            Shape shape = Shape.of(1, 1, student.length);
            Tensor targets = Tensors.of(device, Shape.of(1, 1), 1);
            return TestParts.loss(loss)
                    .compute(new LossInputs(
                            Tensors.of(device, shape, student),
                            Tensors.of(device, shape, teacher),
                            targets,
                            Tensors.ones(device, Shape.of(1, 1))))
                    .item();
        }
    }

    private static float[] logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return logs;
    }

    // of p = (.1, .5, .3, .1) tokens 1 and 2 are the most likely; the others have .2 in p, and .3 in q
    @Test
    void tokensBesideTheMostLikelyAreOneBucket() {
        float[] student = logs(0.05, 0.3, 0.4, 0.25);
        float[] teacher = logs(0.1, 0.5, 0.3, 0.1);
        double expected = 0.5 * Math.log(0.5 / 0.3) + 0.3 * Math.log(0.3 / 0.4) + 0.2 * Math.log(0.2 / 0.3);
        assertEquals(expected, value("type = top-k-kl, k = 2", student, teacher), 1e-6);
        double all = value("type = kl", student, teacher);
        assertTrue(all > expected);
        assertEquals(all, value("type = top-k-kl, k = 4", student, teacher));
        assertEquals(all, value("type = top-k-kl, k = 3", student, teacher), 1e-6);
    }

    // e^-200 is 0 in F32, and its logarithm is not
    @Test
    void aBucketOfAlmostNothingIsFinite() {
        assertEquals(
                0.2 * (Math.log(0.2) + 200) + 0.8 * Math.log(0.8),
                value("type = top-k-kl, k = 1", new float[] {200, 0}, logs(0.8, 0.2)),
                1e-3);
    }
}
