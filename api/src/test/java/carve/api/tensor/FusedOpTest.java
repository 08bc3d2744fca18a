package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests of the choice between a kernel and the reference, and of its reports. */
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
            return List.of(x.multiply(x).add(1000));
        }

        @Override
        public List<Tensor> forwardAndSave(List<Tensor> operands) {
            return List.of(forward(operands).getFirst(), operands.getFirst().multiply(2));
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
            assertEquals(
                    Map.of("square", "kernel thousand"),
                    device.context().kernels().choices());
            assertArrayEquals(new float[] {9}, square(device, 1, 1));
            assertEquals(
                    Map.of("square", "reference (no kernel of fast for [F32 (1, 1)])"),
                    device.context().kernels().choices());
        }
    }

    @Test
    void kernelsCanBeTurnedOff() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            device.context().kernels().policy(KernelPolicy.OFF);
            assertArrayEquals(new float[] {9}, square(device, 1));
            assertEquals(6, gradient(device));
        }
    }

    @Test
    void kernelsCanBeRequired() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            device.context().kernels().policy(KernelPolicy.REQUIRED);
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
            device.context().kernels().policy(KernelPolicy.REQUIRED);
            DeviceException refusal = assertThrows(DeviceException.class, () -> gradient(device));
            assertEquals(
                    "kernels are required, but kernel thousand of device fast has no backward for square of [F32 (1)]; use"
                            + " another device, or prefer kernels instead of requiring them",
                    refusal.getMessage());
        }
    }

    @Test
    void kernelSavesOnlyWhereAGradientFollows() {
        try (Device device = new Fast(new ReferenceDevice(), true)) {
            Tensor x = Tensors.full(device, Shape.of(1), 3);
            int before = device.context().scopes().liveBuffers();
            List<Tensor> results = Tensors.apply(new Square(), x);
            int unwatched = device.context().scopes().liveBuffers() - before;
            assertEquals(1, results.size());
            assertEquals(1, Tensors.apply(new Square(), new Tape().watch(x)).size());
            int watched = device.context().scopes().liveBuffers() - before - unwatched;
            assertEquals(unwatched + 2, watched, "2 and x * 2");
        }
    }

    /** An op whose kernel may be missing or have no backward even where kernels are required. */
    private record OptionalSquare() implements FusedOp {
        @Override
        public String name() {
            return "optional-square";
        }

        @Override
        public List<TensorType> results(List<TensorType> operands) {
            return List.of(operands.getFirst());
        }

        @Override
        public List<Tensor> reference(List<Tensor> operands) {
            return List.of(operands.getFirst().multiply(operands.getFirst()));
        }

        @Override
        public boolean isKernelOptional() {
            return true;
        }
    }

    @Test
    void optionalKernelIsNotRequiredAndGivesWayToAReferenceWithAGradient() {
        try (Device device = new Fast(new ReferenceDevice(), false)) {
            device.context().kernels().policy(KernelPolicy.REQUIRED);
            Tensor x = Tensors.full(device, Shape.of(1), 3);
            assertEquals(1009, Tensors.apply(new OptionalSquare(), x).getFirst().item());
            Tensor matrix = Tensors.full(device, Shape.of(1, 1), 3);
            assertEquals(
                    9, Tensors.apply(new OptionalSquare(), matrix).getFirst().item());
            Tape tape = new Tape();
            Tensor watched = tape.watch(x);
            Tensor y = Tensors.apply(new OptionalSquare(), watched).getFirst();
            assertEquals(9, y.item());
            assertEquals(6, tape.gradients(y, List.of(watched)).getFirst().item());
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
