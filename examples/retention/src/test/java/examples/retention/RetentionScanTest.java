package examples.retention;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.SequenceLayout;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.FusedOpContract;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The laws of fused ops, and that of this one: position by position, as the paper's equation 6 has it. */
final class RetentionScanTest extends FusedOpContract {
    private static final List<Double> DECAYS = List.of(0.5, 0.9);

    @Override
    protected FusedOp op() {
        return new RetentionScan(SequenceLayout.packed(0, 2, 5), DECAYS);
    }

    @Override
    protected List<Tensor> operands(Device device) {
        return operands(device, 1, 5, 2);
    }

    private static List<Tensor> operands(Device device, int batch, int positions, int sequences) {
        RandomTensors random = RandomTensors.seeded();
        return List.of(
                random.normal(device, "q", batch, positions, 2, 3),
                random.normal(device, "k", batch, positions, 2, 3),
                random.normal(device, "v", batch, positions, 2, 4),
                random.normal(device, "state", sequences, 2, 3, 4));
    }

    @Test
    void chunksEqualOnePositionAfterTheOther() {
        try (Device device = new ReferenceDevice()) {
            for (int positions : new int[] {1, 2, 63, 64, 65, 200}) {
                List<Tensor> in = operands(device, 2, positions, 2);
                List<Tensor> results =
                        Tensors.apply(new RetentionScan(SequenceLayout.unpadded(2, positions), DECAYS), in);
                Tensor state = in.get(3);
                for (int t = 0; t < positions; t++) {
                    state = next(state, at(in.get(1), t), at(in.get(2), t));
                }
                TensorAssertions.assertClose("state after " + positions, state, results.get(1), Tolerance.SCAN);
                Tensor last = at(in.get(0), positions - 1).matmul(state);
                TensorAssertions.assertClose(
                        "last of " + positions, last, at(results.get(0), positions - 1), Tolerance.SCAN);
            }
        }
    }

    // (B, H, 1, K)
    private static Tensor at(Tensor x, int t) {
        return x.slice(1, t, t + 1).permute(0, 2, 1, 3);
    }

    private static Tensor next(Tensor state, Tensor k, Tensor v) {
        Tensor decay = Tensors.of(state.device(), Shape.of(2, 1, 1), 0.5f, 0.9f);
        return state.multiply(decay).add(k.matmul(v, true, false));
    }
}
