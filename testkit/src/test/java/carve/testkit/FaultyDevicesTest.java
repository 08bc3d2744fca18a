package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import carve.api.device.kit.ForwardingDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;

/** The contracts of devices and kernels, and the asserting device, see what is wrong. */
final class FaultyDevicesTest {
    /** A device that does as the reference but for what a test breaks. */
    private static class FaultyDevice extends ForwardingDevice {
        private FaultyDevice() {
            super("faulty", new ReferenceDevice());
        }
    }

    /** A device whose exponential has three digits. */
    private static final class ImpreciseDevice extends FaultyDevice {
        @Override
        public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
            if (op.equals(new Op.Unary(UnaryFunction.EXP))) {
                Tensor factor = Tensors.full(this, operands.getFirst().shape(), 1.0001);
                return super.execute(op, List.of(operands.getFirst().multiply(factor)), result);
            }
            return super.execute(op, operands, result);
        }
    }

    /** A device with a kernel for SwiGLU whose gradient of the second operand is that of the first. */
    private static final class WrongKernelDevice extends FaultyDevice {
        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
            return op instanceof SwiGlu ? Optional.of(new WrongKernel()) : Optional.empty();
        }
    }

    private static final class WrongKernel implements Kernel {
        @Override
        public String name() {
            return "confused";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            return new SwiGlu().reference(operands);
        }

        @Override
        public boolean differentiable() {
            return true;
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            Tensor wrong = gradients.getFirst().orElseThrow().multiply(operands.get(1));
            return List.of(Optional.of(wrong), Optional.of(wrong));
        }
    }

    /** A device with one kernel for SwiGLU, as its reference computes it but for what a test breaks. */
    private static final class SwiGluDevice extends FaultyDevice {
        private final Kernel kernel;

        private SwiGluDevice(Kernel kernel) {
            this.kernel = kernel;
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
            return op instanceof SwiGlu ? Optional.of(kernel) : Optional.empty();
        }
    }

    private record SwiGluKernel(int saved, double factor, boolean differentiable) implements Kernel {
        @Override
        public String name() {
            return "swiglu";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            Tensor y = new SwiGlu().reference(operands).getFirst();
            return Collections.nCopies(1 + saved, y);
        }

        @Override
        public List<Tensor> forwardAndSave(List<Tensor> operands) {
            return List.of(forward(operands).getFirst().multiply(factor));
        }
    }

    private static KernelContract contract(Kernel kernel) {
        return new KernelContract() {
            @Override
            protected Device open() {
                return new SwiGluDevice(kernel);
            }

            @Override
            protected Set<String> kernels() {
                return Set.of("swiglu");
            }
        };
    }

    private static DynamicTest only(Stream<DynamicTest> tests) {
        return tests.findFirst().orElseThrow();
    }

    @Test
    void kernelThatSavesWithoutAGradientOrComputesOtherBitsWithOne() throws Throwable {
        assertFails(contract(new SwiGluKernel(1, 1, false)).savingForAGradientChangesNoResult(), "swiglu");
        assertFails(contract(new SwiGluKernel(0, 1.0001, false)).savingForAGradientChangesNoResult(), "swiglu");
        only(contract(new SwiGluKernel(0, 1, false)).savingForAGradientChangesNoResult())
                .getExecutable()
                .execute();
    }

    @Test
    void kernelThatPromisesABackwardAndHasNone() throws Throwable {
        DynamicTest test = only(contract(new SwiGluKernel(0, 1, true)).requiredKernelsGiveAGradientOrRefuseIt());
        assertThrows(UnsupportedOperationException.class, test.getExecutable());
        only(contract(new SwiGluKernel(0, 1, false)).requiredKernelsGiveAGradientOrRefuseIt())
                .getExecutable()
                .execute();
    }

    private static void assertFails(Stream<DynamicTest> tests, String name) {
        DynamicTest test =
                tests.filter(t -> t.getDisplayName().equals(name)).findFirst().orElseThrow();
        assertThrows(AssertionError.class, test.getExecutable());
    }

    @Test
    void coarsePrimitive() {
        DeviceContract contract = new DeviceContract() {
            @Override
            protected Device open() {
                return new ImpreciseDevice();
            }
        };
        assertFails(contract.primitiveComputesWhatTheReferenceDefines(), "unary EXP");
    }

    @Test
    void confusedKernel() {
        KernelContract contract = new KernelContract() {
            @Override
            protected Device open() {
                return new WrongKernelDevice();
            }

            @Override
            protected Set<String> kernels() {
                return Set.of();
            }
        };
        assertFails(contract.forwardAndGradientsAgreeWithTheReference(), "swiglu T=1");
        assertFails(contract.forwardAndGradientsAgreeWithTheReference(), "swiglu T=200");
        assertThrows(AssertionError.class, contract::kernelsRunWhereTheDeviceSaysSo);
    }

    @Test
    void buffersLeftBehindUsedLateOrElsewhere() {
        AssertingDevice device = new AssertingDevice(new ReferenceDevice());
        Tensor kept = Scope.keep(Tensors.ones(device, Shape.of(3)));
        assertEquals(2, device.openBuffers(), "the kept one, and the scalar that it was made of");
        Tensor dead = Scope.run(device, () -> List.of(Tensors.ones(device, Shape.of(2))))
                .getFirst();
        dead.buffer().close();
        assertThrows(AssertionError.class, () -> dead.add(dead));
        assertThrows(AssertionError.class, () -> device.store(kept, Tensors.ones(device, Shape.of(2)), 0, 0));
        AssertionError left = assertThrows(AssertionError.class, device::close);
        assertEquals(
                "leaked buffers: kept with Scope.keep and never closed ==> expected: <0> but was: <1>",
                left.getMessage());
        assertThrows(AssertionError.class, () -> kept.add(kept));
    }
}
