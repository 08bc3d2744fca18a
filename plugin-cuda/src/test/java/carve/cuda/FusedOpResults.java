package carve.cuda;

import carve.api.device.Device;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.RandomTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A fused op on random operands, with its gradients. */
public final class FusedOpResults {
    /** No operand is a logarithm of decays. */
    public static final int NONE = -1;

    private FusedOpResults() {}

    /**
     * Returns the results, then the gradients of all operands.
     *
     * @param decay the operand that is a logarithm of decays, below 0; or {@link #NONE}
     */
    public static List<Tensor> resultsAndGradients(Device device, FusedOp op, int decay, Shape... shapes) {
        var tape = new Tape();
        List<Tensor> operands = IntStream.range(0, shapes.length)
                .mapToObj(i -> {
                    Tensor x = RandomTensors.seeded().normal(device, "x" + i, shapes[i].extents());
                    return tape.watch(i == decay ? x.multiply(x).negate() : x);
                })
                .toList();
        List<Tensor> results = Tensors.apply(op, operands);
        List<Tensor> weights = IntStream.range(0, results.size())
                .mapToObj(i -> RandomTensors.seeded()
                        .normal(device, "w" + i, results.get(i).shape().extents()))
                .toList();
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results, weights, operands));
        return all;
    }
}
