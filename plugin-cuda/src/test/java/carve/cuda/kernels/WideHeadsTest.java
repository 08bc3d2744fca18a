package carve.cuda.kernels;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.cuda.EmulatedDevices;
import carve.cuda.FusedOpResults;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Heads of several tiles, as models have them: 128 wide, and odd widths beyond one tile. */
final class WideHeadsTest {
    private static final int POSITIONS = 70;

    @Test
    void attentionOfTwoTiles() {
        agrees(attention(), FusedOpResults.NONE, shapes(2, 1, 128, 65));
    }

    @Test
    void attentionOfFourTiles() {
        agrees(attention(), FusedOpResults.NONE, shapes(1, 1, 130, 200));
    }

    /** Decoding takes heads as wide as the latents of DeepSeek. */
    @Test
    void decodingOfLatents() {
        SoftmaxAttention op = new SoftmaxAttention(0.05, true, 40, 2, POSITIONS, SequenceLayout.unpadded(2, 2));
        Shape latents = Shape.of(2, POSITIONS, 1, 576);
        agrees(op, FusedOpResults.NONE, Shape.of(2, 2, 3, 576), latents, latents, Shape.of(3));
    }

    @Test
    void scanOfSeveralTiles() {
        agrees(
                new DecayScan(SequenceLayout.unpadded(1, POSITIONS)),
                DecayScan.G,
                Shape.of(1, POSITIONS, 1, 128),
                Shape.of(1, POSITIONS, 1, 128),
                Shape.of(1, POSITIONS, 2, 65),
                Shape.of(1, POSITIONS, 2),
                Shape.of(1, POSITIONS, 2),
                Shape.of(1, 2, 65, 128));
    }

    private static FusedOp attention() {
        return new SoftmaxAttention(0.1, true, POSITIONS, SequenceLayout.unpadded(1, POSITIONS));
    }

    private static Shape[] shapes(int heads, int groups, int keys, int values) {
        return new Shape[] {
            Shape.of(1, POSITIONS, heads, keys),
            Shape.of(1, POSITIONS, groups, keys),
            Shape.of(1, POSITIONS, groups, values)
        };
    }

    private static void agrees(FusedOp op, int decay, Shape... shapes) {
        try (Device reference = new ReferenceDevice();
                Device device = EmulatedDevices.open()) {
            List<Tensor> expected = FusedOpResults.resultsAndGradients(reference, op, decay, shapes);
            List<Tensor> actual = FusedOpResults.resultsAndGradients(device, op, decay, shapes);
            for (int i = 0; i < expected.size(); i++) {
                TensorAssertions.assertClose("tensor " + i, expected.get(i), actual.get(i), Tolerance.SCAN);
            }
        }
    }
}
