package examples.slidingwindow;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WindowedSoftmaxTest {
    private static List<Tensor> operands(Device device, int positions) {
        RandomTensors random = RandomTensors.seeded();
        return List.of(
                random.normal(device, "q", 2, positions, 4, 3),
                random.normal(device, "k", 2, positions, 2, 3),
                random.normal(device, "v", 2, positions, 2, 3));
    }

    private static Tensor attention(Device device, List<Tensor> in) {
        int positions = in.getFirst().extent(1);
        SoftmaxAttention op =
                new SoftmaxAttention(1 / Math.sqrt(3), true, positions, SequenceLayout.unpadded(2, positions));
        return Tensors.apply(op, in).getFirst();
    }

    @Test
    void windowThatHoldsEverythingIsAttention() {
        try (Device device = new ReferenceDevice()) {
            for (int positions : new int[] {1, 2, 13, 65}) {
                List<Tensor> in = operands(device, positions);
                Tensor windowed = new WindowedSoftmax(positions).attend(in.get(0), in.get(1), in.get(2));
                TensorAssertions.assertClose("positions " + positions, attention(device, in), windowed, Tolerance.SCAN);
            }
        }
    }

    @Test
    void positionSeesItsWindowAlone() {
        try (Device device = new ReferenceDevice()) {
            List<Tensor> in = operands(device, 65);
            Tensor windowed = new WindowedSoftmax(5).attend(in.get(0), in.get(1), in.get(2));
            for (int t : new int[] {4, 5, 9, 10, 63, 64}) {
                List<Tensor> seen =
                        in.stream().map(x -> x.slice(1, t - 4, t + 1)).toList();
                Tensor expected = attention(device, seen).slice(1, 4, 5);
                TensorAssertions.assertClose("position " + t, expected, windowed.slice(1, t, t + 1), Tolerance.SCAN);
            }
        }
    }
}
