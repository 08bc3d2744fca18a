package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which of kernel and reference runs, and what is said of it. */
final class FusedOpTest {
    /** The op of the package's documentation. */
    private record Square() implements FusedOp {
        @Override
        public String name() {
            return "square";
        }

        @Override
        public List<TensorType> results(List<TensorType> operands) {
            return List.of(operands.getFirst());
        }

        @Override
        public List<Tensor> reference(List<Tensor> operands) {
            return List.of(operands.getFirst().multiply(operands.getFirst()));
        }
    }

    /** A kernel that is 1000 off, so that one sees that it ran, with or without a backward form. */
    private record Thousand(boolean differentiable) implements Kernel {
        @Override
        public String name() {
            return "thousand";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            Tensor x = operands.getFirst();
            return List.of(x.multiply(x).add(1000), x.multiply(2));
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            return List.of(
                    gradients.getFirst().map(g -> g.multiply(results.get(1)).add(1000)));
        }
    }

    /** The reference device with a kernel for vectors. */
    private record Fast(Device device, boolean differentiable) implements Device {
        @Override
        public String name() {
            return "fast";
        }

        @Override
        public DeviceContext context() {
            return device.context();
        }

        @Override
        public Buffer allocate(TensorType type) {
            return device.allocate(type);
        }

        @Override
        public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
            return device.execute(op, operands, result);
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
            boolean vector = operands.getFirst().shape().rank() == 1;
            return vector ? Optional.of(new Thousand(differentiable)) : Optional.empty();
        }

        @Override
        public Buffer upload(TensorType type, MemorySegment values) {
            return device.upload(type, values);
        }

        @Override
        public void download(Tensor tensor, MemorySegment to) {
            device.download(tensor, to);
        }

        @Override
        public void store(Tensor source, Tensor target, int axis, int start) {
            device.store(source, target, axis, start);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    private static float[] square(Device device, int... extents) {
        Tensor x = Tensors.full(device, Shape.of(extents), 3);
        return Tensors.apply(new Square(), x).getFirst().floats();
    }

    private static float gradient(Device device) {
        Tape tape = new Tape();
        Tensor x = tape.watch(Tensors.full(device, Shape.of(1), 3));
        return tape.gradients(Tensors.apply(new Square(), x).getFirst().sum(), List.of(x))
                .getFirst()
                .item();
    }

    @Test
    void kernelRunsWhereThereIsOne() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            assertArrayEquals(new float[] {1009}, square(device, 1));
            assertEquals(Map.of("square", "kernel thousand"), device.context().kernelChoices());
            assertArrayEquals(new float[] {9}, square(device, 1, 1));
            assertEquals(
                    Map.of("square", "reference (no kernel of fast for [F32 (1, 1)])"),
                    device.context().kernelChoices());
        }
    }

    @Test
    void kernelsCanBeTurnedOff() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            device.context().kernelPolicy(DeviceContext.KernelPolicy.OFF);
            assertArrayEquals(new float[] {9}, square(device, 1));
            assertEquals(6, gradient(device));
        }
    }

    @Test
    void kernelsCanBeRequired() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            device.context().kernelPolicy(DeviceContext.KernelPolicy.REQUIRED);
            assertArrayEquals(new float[] {1009}, square(device, 1));
            DeviceException refusal = assertThrows(DeviceException.class, () -> square(device, 1, 1));
            assertEquals(
                    "kernels are required, but device fast has none for square of [F32 (1, 1)]; use another device, or "
                            + "prefer kernels instead of requiring them",
                    refusal.getMessage());
        }
    }

    @Test
    void requiredKernelsHaveABackwardFormWhereGradientsAreTaken() {
        try (Device device = new Fast(new ReferenceDevice(), false)) {
            device.context().kernelPolicy(DeviceContext.KernelPolicy.REQUIRED);
            DeviceException refusal = assertThrows(DeviceException.class, () -> gradient(device));
            assertEquals(
                    "kernels are required, but kernel thousand of device fast has no backward form for square of [F32 (1)]; use"
                            + " another device, or prefer kernels instead of requiring them",
                    refusal.getMessage());
        }
    }

    @Test
    void kernelWithoutBackwardHasItsReferenceDifferentiated() {
        try (Device with = new Fast(new ReferenceDevice(), true);
                Device without = new Fast(new ReferenceDevice(), false)) {
            assertEquals(1006, gradient(with));
            assertEquals(6, gradient(without));
        }
    }
}
