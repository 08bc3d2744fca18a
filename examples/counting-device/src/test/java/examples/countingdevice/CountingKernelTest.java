package examples.countingdevice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import carve.api.device.kit.ForwardingDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Kernels of the inner device run on its own tensors, forward and backward. */
final class CountingKernelTest {
    /** The reference as a kernel of the inner device, which insists on tensors of that device. */
    private record InnerDeviceKernel(Device device) implements Kernel {
        @Override
        public String name() {
            return "strict";
        }

        private void check(List<Tensor> tensors) {
            tensors.forEach(
                    tensor -> assertEquals(device.name(), tensor.device().name()));
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            check(operands);
            return new SwiGlu().reference(operands);
        }

        @Override
        public List<Tensor> forwardAndSave(List<Tensor> operands) {
            return List.of(forward(operands).getFirst(), operands.getFirst());
        }

        @Override
        public boolean differentiable() {
            return true;
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            check(operands);
            check(results);
            return List.of(gradients.getFirst().map(g -> g.multiply(results.get(1))), Optional.empty());
        }
    }

    private static final class InnerDevice extends ForwardingDevice {
        private InnerDevice() {
            super("inner", new ReferenceDevice());
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
            return op instanceof SwiGlu ? Optional.of(new InnerDeviceKernel(this)) : Optional.empty();
        }
    }

    @Test
    void kernelsRunOnTheInnerDeviceAndAreCounted() {
        try (CountingDevice device = new CountingDevice(new InnerDevice(), Optional.empty())) {
            Tensor a = RandomTensors.seeded().normal(device, "a", 3, 5);
            Tape tape = new Tape();
            Tensor watched = tape.watch(a);
            Tensor y = Tensors.apply(new SwiGlu(), watched, a).getFirst();
            assertEquals(device, y.device());
            TensorAssertions.assertBitwiseEqual(
                    "forward", new SwiGlu().reference(List.of(a, a)).getFirst(), y.detach());
            Tensor gradient = tape.gradients(y.sum(), List.of(watched)).getFirst();
            TensorAssertions.assertBitwiseEqual("backward, of what the kernel saved", a, gradient);
            assertEquals(1, device.counts().of("swiglu"));
            assertEquals(1, device.counts().of("swiglu backward"));
        }
    }

    @Test
    void gradientsFlowThrough() {
        try (CountingDevice device = new CountingDevice(new ReferenceDevice(), Optional.empty());
                Device plain = new ReferenceDevice()) {
            TensorAssertions.assertBitwiseEqual("gradient", gradient(plain), gradient(device));
        }
    }

    private static Tensor gradient(Device device) {
        Tape tape = new Tape();
        Tensor x = tape.watch(RandomTensors.seeded().normal(device, "x", 3, 5));
        return tape.gradients(SwiGlu.apply(x, x).sum(), List.of(x)).getFirst();
    }
}
