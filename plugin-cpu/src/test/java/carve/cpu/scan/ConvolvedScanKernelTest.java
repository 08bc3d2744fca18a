package carve.cpu.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import carve.api.op.CombinedConvScan;
import carve.api.op.SequenceLayout;
import carve.api.tensor.DType;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.TestTensors;
import carve.cpu.TestTensors.HostTensor;
import carve.cpu.config.CpuConfig;
import carve.testkit.TensorAssertions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** One position of {@link CombinedConvScan} in one go is what its parts are, to the bit, at odd extents and on poisoned memory. */
final class ConvolvedScanKernelTest {
    private static final double NONE = Double.POSITIVE_INFINITY;

    private final SplittableRandom random = new SplittableRandom(42);

    private List<HostTensor> operands(int positions, int heads, int width, int state, int shared, int taps) {
        int inner = heads * width;
        int channels = inner + 2 * shared * state;
        List<HostTensor> operands = new ArrayList<>();
        int[][] shapes = {
            {1, positions, inner + channels + heads},
            {channels, 1, taps},
            {channels},
            {heads},
            {heads},
            {heads},
            {inner},
            {1, channels, taps - 1},
            {1, heads, width, state}
        };
        for (int[] shape : shapes) {
            operands.add(TestTensors.random(random, -1, 1, shape));
        }
        return operands;
    }

    private void agrees(CombinedConvScan op, List<HostTensor> operands) {
        for (int threads : new int[] {1, 2}) {
            try (Device reference = new ReferenceDevice();
                    Device cpu = new CpuDevice(new CpuConfig(threads, CpuConfig.BlasMode.BUILTIN, true))) {
                List<Tensor> inputs = TestTensors.toDevice(cpu, operands);
                List<Tensor> parts = op.reference(inputs);
                List<Tensor> actual = Tensors.apply(op, inputs);
                List<Tensor> expected = Tensors.apply(op, TestTensors.toDevice(reference, operands));
                assertEquals(
                        "kernel convolved-scan-step",
                        cpu.context().kernels().choices().get(op.name()));
                for (int i = 0; i < parts.size(); i++) {
                    TensorAssertions.assertBitwiseEqual(op + ", result " + i, parts.get(i), actual.get(i));
                    TestTensors.assertClose(op + ", result " + i, 1e-5, expected.get(i), actual.get(i));
                }
            }
        }
    }

    @Test
    void oneStepHasTheBitsOfItsParts() {
        SequenceLayout one = SequenceLayout.unpadded(1, 1);
        agrees(new CombinedConvScan(one, 1, 1e-5, 0, NONE), operands(1, 1, 1, 1, 1, 2));
        agrees(new CombinedConvScan(one, 1, 1e-5, 0, NONE), operands(1, 24, 64, 128, 1, 4));
        agrees(new CombinedConvScan(one, 2, 1e-5, 0.5, 0.75), operands(1, 6, 13, 5, 2, 3));
        agrees(new CombinedConvScan(one, 5, 1e-5, 0, 0.5), operands(1, 5, 65, 63, 5, 4));
    }

    @Test
    void weightsMayBeNarrow() {
        try (Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))) {
            var op = new CombinedConvScan(SequenceLayout.unpadded(1, 1), 1, 1e-5, 0, NONE);
            List<Tensor> narrow = new ArrayList<>(TestTensors.toDevice(cpu, operands(1, 4, 13, 5, 2, 4)));
            for (int i = CombinedConvScan.CONV; i <= CombinedConvScan.NORM; i++) {
                narrow.set(i, narrow.get(i).cast(DType.BF16));
            }
            List<Tensor> wide = narrow.stream().map(x -> x.cast(DType.F32)).toList();
            List<Tensor> expected = Tensors.apply(op, wide);
            List<Tensor> actual = Tensors.apply(op, narrow);
            for (int i = 0; i < expected.size(); i++) {
                TensorAssertions.assertBitwiseEqual("result " + i, expected.get(i), actual.get(i));
            }
        }
    }

    @Test
    void manyPositionsGoPartByPart() {
        try (Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))) {
            var op = new CombinedConvScan(SequenceLayout.unpadded(1, 5), 1, 1e-5, 0, NONE);
            List<Tensor> inputs = TestTensors.toDevice(cpu, operands(5, 4, 13, 5, 2, 4));
            List<Tensor> expected = op.reference(inputs);
            cpu.context().kernels().policy(KernelPolicy.REQUIRED);
            List<Tensor> actual = Tensors.apply(op, inputs);
            String choice = cpu.context().kernels().choices().get(op.name());
            assertTrue(choice.startsWith("reference (no kernel of cpu for "), choice);
            for (int i = 0; i < expected.size(); i++) {
                TensorAssertions.assertBitwiseEqual("result " + i, expected.get(i), actual.get(i));
            }
        }
    }

    @Test
    void gradientsAreThoseOfTheParts() {
        try (Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))) {
            cpu.context().kernels().policy(KernelPolicy.REQUIRED); // the op's own kernel has no backward
            var op = new CombinedConvScan(SequenceLayout.unpadded(1, 1), 1, 1e-5, 0, NONE);
            List<Tensor> inputs = TestTensors.toDevice(cpu, operands(1, 4, 13, 5, 2, 4));
            TensorAssertions.assertBitwiseEqual(
                    "gradient of packed",
                    gradient(inputs, op::reference),
                    gradient(inputs, watched -> Tensors.apply(op, watched)));
        }
    }

    private static Tensor gradient(List<Tensor> inputs, UnaryOperator<List<Tensor>> forward) {
        Tape tape = new Tape();
        List<Tensor> watched = new ArrayList<>(inputs);
        watched.set(CombinedConvScan.PACKED, tape.watch(inputs.get(CombinedConvScan.PACKED)));
        Tensor loss = forward.apply(watched).getFirst().sum();
        return tape.gradients(loss, List.of(watched.get(CombinedConvScan.PACKED)))
                .getFirst();
    }
}
