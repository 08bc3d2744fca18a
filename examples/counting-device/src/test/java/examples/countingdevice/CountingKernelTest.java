package examples.countingdevice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Kernels of the device within run on its own tensors, forward and backward. */
final class CountingKernelTest {
    // a kernel that is the definition, and insists on tensors of its device
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
        public boolean differentiable() {
            return true;
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            check(operands);
            check(results);
            return List.of(gradients.getFirst(), Optional.empty());
        }
    }

    @Test
    void kernelComputesInsideAndIsCounted() {
        try (CountingDevice device = new CountingDevice(new ReferenceDevice(), Optional.empty())) {
            Tensor a = RandomTensors.seeded().normal(device, "a", 3, 5);
            CountingKernel kernel = new CountingKernel(
                    device,
                    new SwiGlu(),
                    new InnerDeviceKernel(device.toInner(a).device()));
            Tensor y = kernel.forward(List.of(a, a)).getFirst();
            assertEquals(device, y.device());
            TensorAssertions.assertBitwiseEqual(
                    "forward", Tensors.apply(new SwiGlu(), a, a).getFirst(), y);
            List<Optional<Tensor>> gradients =
                    kernel.backward(List.of(a, a), List.of(y), List.of(Optional.of(y)), List.of(true, false));
            TensorAssertions.assertBitwiseEqual(
                    "backward", y, gradients.getFirst().orElseThrow());
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
