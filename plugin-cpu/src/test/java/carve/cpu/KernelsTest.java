package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.GatedRmsNorm;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.Checks.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every kernel agrees with the definition of its op, forward and in every gradient, at odd extents, on poisoned memory. */
final class KernelsTest {
    private static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200};

    private final Device reference = new ReferenceDevice();
    private final Device cpu = new CpuDevice(new CpuConfig(2, true));
    private final SplittableRandom random = new SplittableRandom(42);

    @AfterEach
    void close() {
        cpu.close();
        reference.close();
    }

    private Values x(int... extents) {
        return Checks.random(random, -1, 1, extents);
    }

    /** What an op gives on a device: its results, then the gradients of its F32 operands for given weights. */
    private static List<Tensor> run(Device device, FusedOp op, List<Values> operands, List<Values> weights) {
        Tape tape = new Tape();
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> watched = new ArrayList<>();
        for (Values operand : operands) {
            Tensor tensor = operand.on(device);
            if (tensor.dtype() == DType.F32) {
                tensor = tape.watch(tensor);
                watched.add(tensor);
            }
            inputs.add(tensor);
        }
        List<Tensor> results = Tensors.apply(op, inputs);
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results.subList(0, weights.size()), Checks.on(device, weights), watched));
        return all;
    }

    private void agree(double ratio, FusedOp op, Values... operands) {
        agree(ratio, 9, op, operands);
    }

    /** Compares with the definition; only the first results have gradients. */
    private void agree(double ratio, int weighted, FusedOp op, Values... operands) {
        List<Tensor> shapes = Tensors.apply(op, Checks.on(reference, List.of(operands)));
        List<Values> weights = new ArrayList<>();
        shapes.stream().limit(weighted).forEach(t -> weights.add(Checks.random(random, -1, 1, t.shape().extents())));
        List<Tensor> expected = run(reference, op, List.of(operands), weights);
        List<Tensor> actual = run(cpu, op, List.of(operands), weights);
        String what = op + " of " + List.of(operands).stream().map(Values::shape).toList();
        for (int i = 0; i < expected.size(); i++) {
            Checks.close(what + ", value " + i, ratio, expected.get(i), actual.get(i));
        }
        String choice = cpu.workspace().choices().get(op.name());
        assertTrue(choice.startsWith("kernel "), op.name() + ": " + choice);
    }

    @Test
    void linear() {
        for (int n : EXTENTS) {
            agree(1e-5, new Linear(), x(3, n, 13), x(65, 13));
            agree(1e-5, new Linear(), x(n, 63), x(5, 63), x(5));
            agree(1e-5, new Linear(), x(1, n), x(13, n), x(13));
            agree(1e-5, new Linear(), x(70, n), x(13, n));
        }
    }

    @Test
    void linearOfNarrowWeights() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            for (int n : EXTENTS) {
                Values x = x(n % 13 + 1, n);
                Values w = x(37, n);
                Tensor expected = Linear.apply(x.on(reference), w.on(reference).cast(dtype));
                Checks.close(dtype + " " + n, 1e-5, expected, Linear.apply(x.on(cpu), w.on(cpu).cast(dtype)));
            }
        }
    }

    @Test
    void norms() {
        for (int n : EXTENTS) {
            agree(1e-5, new RmsNorm(1e-5), x(3, 5, n), x(n));
            agree(1e-5, new RmsNorm(1e-5), x(3, 5, 2, n), x(2, n));
            agree(1e-5, new RmsNorm(1e-5), x(700, n), x(n));
            agree(1e-5, new GatedRmsNorm(1e-5, false), x(3, 5, n), x(3, 5, n), x(n));
            agree(1e-5, new GatedRmsNorm(1e-5, true), x(3, 5, n), x(3, 5, n), x(5, n));
            // one or two elements minus their mean have a gradient near 0, a difference of large numbers
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5), x(3, 5, n), x(n), x(n));
        }
    }
}
