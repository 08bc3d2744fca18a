package carve.cuda;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.DecayScan;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Close;
import carve.testkit.Randoms;
import carve.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Heads of several tiles, as models have them: 128 wide, and odd widths beyond one tile. */
final class WideHeadsTest {
    private static final int POSITIONS = 70;

    @Test
    void attentionOfTwoTiles() {
        agrees(attention(), 0, shapes(2, 1, 128, 65));
    }

    @Test
    void attentionOfFourTiles() {
        agrees(attention(), 0, shapes(1, 1, 130, 200));
    }

    @Test
    void scanOfSeveralTiles() {
        agrees(
                new DecayScan(Sequences.whole(1, POSITIONS)),
                DecayScan.G,
                Shape.of(1, POSITIONS, 1, 128),
                Shape.of(1, POSITIONS, 1, 128),
                Shape.of(1, POSITIONS, 2, 65),
                Shape.of(1, POSITIONS, 2),
                Shape.of(1, POSITIONS, 2),
                Shape.of(1, 2, 65, 128));
    }

    private static FusedOp attention() {
        return new SoftmaxAttention(0.1, true, POSITIONS, Sequences.whole(1, POSITIONS));
    }

    private static Shape[] shapes(int heads, int groups, int keys, int values) {
        return new Shape[] {
            Shape.of(1, POSITIONS, heads, keys),
            Shape.of(1, POSITIONS, groups, keys),
            Shape.of(1, POSITIONS, groups, values)
        };
    }

    // the operand of that index, if it is not the first, is a logarithm of decays: below 0
    private static void agrees(FusedOp op, int decay, Shape... shapes) {
        try (Device reference = new ReferenceDevice();
                Device device = HostDevices.open()) {
            List<Tensor> expected = run(reference, op, decay, shapes);
            List<Tensor> actual = run(device, op, decay, shapes);
            for (int i = 0; i < expected.size(); i++) {
                Close.ratio("tensor " + i, expected.get(i), actual.get(i), Tolerance.SCAN);
            }
        }
    }

    private static List<Tensor> run(Device device, FusedOp op, int decay, Shape... shapes) {
        var tape = new Tape();
        List<Tensor> operands = IntStream.range(0, shapes.length)
                .mapToObj(i -> {
                    Tensor x = Randoms.seeded().normal(device, "x" + i, shapes[i].extents());
                    return tape.watch(i == decay && i > 0 ? x.multiply(x).negate() : x);
                })
                .toList();
        List<Tensor> results = Tensors.apply(op, operands);
        List<Tensor> weights = IntStream.range(0, results.size())
                .mapToObj(i -> Randoms.seeded()
                        .normal(device, "w" + i, results.get(i).shape().extents()))
                .toList();
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results, weights, operands));
        return all;
    }
}
