package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The contract of fused ops on a device: results and the gradient of every operand agree with the reference on {@link
 * ReferenceDevice}, by kernel or without; the device has kernels for exactly the ops that {@link #kernels()} lists.
 *
 * <p>A plugin tries its own kernels in the same way, on a {@link HostDevice} with its provider, and names its ops in {@link
 * #kernelCases}.
 *
 * <pre>{@code
 * final class CpuKernelTest extends KernelContract {
 *     @Override
 *     protected Device open() {
 *         return new CpuDevice();
 *     }
 *
 *     @Override
 *     protected Set<String> kernels() {
 *         return Set.of("decay-scan", "softmax-attention", "linear");
 *     }
 * }
 * }</pre>
 */
public abstract class KernelContract {
    private static final int[] POSITIONS = {1, 2, 63, 64, 65, 200};

    /** Makes the contract. */
    protected KernelContract() {}

    /** Returns the device under test, new; the contract closes it. */
    protected abstract Device open();

    /** Returns the names of the fused ops that the device has a kernel for, on F32 operands of whole rows. */
    protected abstract Set<String> kernels();

    /**
     * Returns ops of one's own to try at T positions in place of those that come with Carve: for each op whole rows of F32 as
     * the first trial, then what else its kernel is for. At 13 positions and more each op has a trial.
     */
    protected List<KernelCase> kernelCases(int positions) {
        return List.of();
    }

    private List<String> ops() {
        List<KernelCase> own = kernelCases(65);
        return own.isEmpty()
                ? FusedOpCases.names()
                : own.stream().map(trial -> trial.op().name()).distinct().toList();
    }

    private List<FusedOpCase> cases(String op, int positions) {
        List<KernelCase> own = kernelCases(positions);
        return own.isEmpty()
                ? FusedOpCases.of(op, positions)
                : own.stream()
                        .filter(trial -> trial.op().name().equals(op))
                        .map(KernelCase::toFusedOpCase)
                        .toList();
    }

    /** Each op at T in 1, 2, 63, 64, 65, 200: non-zero states, random gradients, groups, packed and padded rows, BF16, blocks. */
    @TestFactory
    public Stream<DynamicTest> forwardAndGradientsAgreeWithTheReference() {
        return ops().stream()
                .flatMap(op -> IntStream.of(POSITIONS)
                        .mapToObj(positions -> DynamicTest.dynamicTest(
                                op + " T=" + positions,
                                () -> forEach(
                                        cases(op, positions),
                                        (c, r, d) -> c.assertAgrees(r, d, c.differentiable(), c.results())))));
    }

    /** The gradient of one operand alone is what it is among all, and so is that from one result alone. */
    @TestFactory
    public Stream<DynamicTest> gradientsMayBeAskedForOneByOne() {
        return ops().stream()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    forEach(cases(op, 13).subList(0, 1), (c, r, d) -> {
                        c.differentiable().forEach(i -> c.assertAgrees(r, d, List.of(i), c.results()));
                        c.results().forEach(i -> c.assertAgrees(r, d, c.differentiable(), List.of(i)));
                    });
                }));
    }

    /** With kernels turned off, the reference runs on the device's primitives and agrees. */
    @TestFactory
    public Stream<DynamicTest> agreesWithKernelsOff() {
        return ops().stream()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    forEach(cases(op, 65).subList(0, 1), (c, r, d) -> {
                        d.context().kernels().policy(KernelPolicy.OFF);
                        c.assertAgrees(r, d, c.differentiable(), c.results());
                    });
                }));
    }

    /** The same op on the same operands gives the same bits, forward and backward. */
    @TestFactory
    public Stream<DynamicTest> sameBitsTwice() {
        return ops().stream()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    try (Device device = open()) {
                        FusedOpCase c = cases(op, 200).getFirst();
                        FusedOpCase.Outcome first = c.run(device, c.differentiable(), c.results());
                        FusedOpCase.Outcome second = c.run(device, c.differentiable(), c.results());
                        for (int i : c.results()) {
                            TensorAssertions.assertBitwiseEqual(
                                    c + ": result " + i,
                                    first.results().get(i),
                                    second.results().get(i));
                        }
                        for (int i = 0; i < first.gradients().size(); i++) {
                            TensorAssertions.assertBitwiseEqual(
                                    c + ": gradient " + i,
                                    first.gradients().get(i),
                                    second.gradients().get(i));
                        }
                    }
                }));
    }

    /** A kernel saves tensors only where a gradient follows, and its results have the same bits either way. */
    @TestFactory
    public Stream<DynamicTest> savingForAGradientChangesNoResult() {
        return kernels().stream()
                .sorted()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    try (Device device = open()) {
                        FusedOpCase c = cases(op, 65).getFirst();
                        List<Tensor> operands = c.upload(device);
                        List<TensorType> types =
                                operands.stream().map(Tensor::type).toList();
                        Kernel kernel = device.kernel(c.op(), types).orElseThrow();
                        List<Tensor> results = kernel.forward(operands);
                        List<Tensor> saved = kernel.forwardAndSave(operands);
                        assertEquals(
                                c.op().results(types),
                                results.stream().map(Tensor::type).toList(),
                                () -> c + ": results without a gradient to follow");
                        for (int i = 0; i < results.size(); i++) {
                            TensorAssertions.assertBitwiseEqual(c + ": result " + i, results.get(i), saved.get(i));
                        }
                    }
                }));
    }

    /**
     * With required kernels, a gradient is that of the kernel, and refused by name if the kernel has no backward; only an
     * op whose kernel is optional has its reference differentiated.
     */
    @TestFactory
    public Stream<DynamicTest> requiredKernelsGiveAGradientOrRefuseIt() {
        return kernels().stream()
                .sorted()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    try (Device device = open()) {
                        FusedOpCase c = cases(op, 13).getFirst();
                        List<TensorType> types = c.operands().stream()
                                .map(FusedOpCase.Operand::type)
                                .toList();
                        Kernel kernel = device.kernel(c.op(), types).orElseThrow();
                        device.context().kernels().policy(KernelPolicy.REQUIRED);
                        if (kernel.differentiable()
                                || c.op().isKernelOptional()
                                || c.differentiable().isEmpty()) {
                            c.run(device, c.differentiable(), c.results());
                            return;
                        }
                        DeviceException refusal = assertThrows(
                                DeviceException.class, () -> c.run(device, c.differentiable(), c.results()));
                        String expected = "kernels are required, but kernel %s of device %s has no backward for %s"
                                .formatted(kernel.name(), device.name(), op);
                        assertTrue(refusal.getMessage().startsWith(expected), refusal.getMessage());
                    }
                }));
    }

    /** The device has kernels for the listed ops, and for no others that come with Carve. */
    @Test
    public void kernelsRunWhereTheDeviceSaysSo() {
        Set<String> found = new TreeSet<>();
        try (Device device = open()) {
            for (String op : ops()) {
                FusedOpCase c = cases(op, 65).getFirst();
                c.run(device, c.differentiable(), c.results());
                if (device.context().kernels().choices().get(op).startsWith("kernel ")) {
                    found.add(op);
                }
            }
        }
        assertEquals(new TreeSet<>(kernels()), found);
    }

    /** An assertion about a case on the reference device and on the device under test. */
    private interface Law {
        void check(FusedOpCase c, Device reference, Device device);
    }

    private void forEach(List<FusedOpCase> cases, Law law) {
        try (Device reference = new ReferenceDevice();
                AssertingDevice device = AssertingDevice.poisoning(open())) {
            for (FusedOpCase c : cases) {
                if (!c.isStorableOn(device)) {
                    assertThrows(
                            DeviceException.class, () -> c.upload(device), () -> c + ": a type that it does not store");
                    continue;
                }
                Scope.run(reference, () -> Scope.run(device, () -> law.check(c, reference, device)));
                assertEquals(0, device.openBuffers(), () -> c + ": leaked buffers");
            }
        }
    }
}
