package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.TestTensors.HostTensor;
import carve.cpu.config.CpuConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;

/** A kernel and the definition of its op on two devices, on poisoned memory: what tests of kernels share. */
public abstract class KernelReferenceCheck {
    /** Makes the check. */
    public KernelReferenceCheck() {}

    public static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200};

    public final Device reference = new ReferenceDevice();
    public final Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true));
    public final SplittableRandom random = new SplittableRandom(42);

    @AfterEach
    void close() {
        cpu.close();
        reference.close();
    }

    public final HostTensor x(int... extents) {
        return TestTensors.random(random, -1, 1, extents);
    }

    /** Returns the results of an op on a device, then the gradients of its F32 operands for given weights. */
    public static List<Tensor> run(Device device, FusedOp op, List<HostTensor> operands, List<HostTensor> weights) {
        Tape tape = new Tape();
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> watched = new ArrayList<>();
        for (HostTensor operand : operands) {
            Tensor tensor = operand.on(device);
            if (tensor.dtype() == DType.F32) {
                tensor = tape.watch(tensor);
                watched.add(tensor);
            }
            inputs.add(tensor);
        }
        List<Tensor> results = Tensors.apply(op, inputs);
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results.subList(0, weights.size()), TestTensors.toDevice(device, weights), watched));
        return all;
    }

    public final void agree(double ratio, FusedOp op, HostTensor... operands) {
        agree(ratio, 9, op, operands);
    }

    /** Compares with the definition; only the first results have gradients. */
    public final void agree(double ratio, int weighted, FusedOp op, HostTensor... operands) {
        Scope.run(reference, () -> Scope.run(cpu, () -> compare(ratio, weighted, op, operands)));
    }

    private void compare(double ratio, int weighted, FusedOp op, HostTensor... operands) {
        List<Tensor> shapes = Tensors.apply(op, TestTensors.toDevice(reference, List.of(operands)));
        List<HostTensor> weights = new ArrayList<>();
        shapes.stream()
                .limit(weighted)
                .forEach(t ->
                        weights.add(TestTensors.random(random, -1, 1, t.shape().extents())));
        List<Tensor> expected = run(reference, op, List.of(operands), weights);
        List<Tensor> actual = run(cpu, op, List.of(operands), weights);
        String what =
                op + " of " + List.of(operands).stream().map(HostTensor::shape).toList();
        for (int i = 0; i < expected.size(); i++) {
            TestTensors.assertClose(what + ", value " + i, ratio, expected.get(i), actual.get(i));
        }
        String choice = cpu.context().kernels().choices().get(op.name());
        assertTrue(choice.startsWith("kernel "), op.name() + ": " + choice);
    }
}
