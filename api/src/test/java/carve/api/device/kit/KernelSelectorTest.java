package carve.api.device.kit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Built-in kernels come first, then those of plugins; a kernel for F32 serves weights in other types. */
final class KernelSelectorTest {
    /** x times a weight. */
    private record Scale() implements FusedOp {
        @Override
        public String name() {
            return "scale";
        }

        @Override
        public List<TensorType> results(List<TensorType> operands) {
            return List.of(operands.getFirst());
        }

        @Override
        public List<Tensor> reference(List<Tensor> operands) {
            return List.of(operands.get(0)
                    .multiply(operands.get(1).cast(operands.get(0).dtype())));
        }

        @Override
        public Set<Integer> weightOperands() {
            return Set.of(1);
        }
    }

    /** Saves the product with 1, which its gradient of the weight is made of. */
    private record ScaleKernel(String name) implements Kernel {
        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            return List.of(operands.get(0).multiply(operands.get(1)));
        }

        @Override
        public List<Tensor> forwardAndSave(List<Tensor> operands) {
            return List.of(forward(operands).getFirst(), operands.get(0).multiply(1));
        }

        @Override
        public boolean differentiable() {
            return true;
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            Tensor dy = gradients.getFirst().orElseThrow();
            return List.of(Optional.of(dy.multiply(operands.get(1))), Optional.of(dy.multiply(results.get(1))));
        }
    }

    private record F32Kernels(String name) implements KernelProvider {
        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target) {
            return OperandTypes.areF32(operands) && OperandTypes.haveElements(operands)
                    ? Optional.of(new ScaleKernel(name))
                    : Optional.empty();
        }
    }

    private static final class Selecting extends ForwardingDevice {
        private final KernelSelector kernels;

        private Selecting(List<KernelProvider> builtIn, List<KernelProvider> plugins) {
            super("selecting", new ReferenceDevice());
            KernelTarget target = () -> this;
            this.kernels = new KernelSelector(target, builtIn, new KernelCatalog(plugins));
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
            return kernels.select(op, operands);
        }
    }

    private static final KernelProvider OWN = new F32Kernels("own");
    private static final KernelProvider PLUGIN = new F32Kernels("plugin");

    private static Tensor x(Device device, DType dtype) {
        return Tensors.of(device, Shape.of(2), 1f, 3f).cast(dtype);
    }

    private static String choice(Device device, DType x, DType weight) {
        Tensors.apply(new Scale(), x(device, x), x(device, weight));
        return device.context().kernels().choices().get("scale").split(" \\(")[0];
    }

    @Test
    void builtInKernelsComeBeforeThoseOfPlugins() {
        try (Device both = new Selecting(List.of(OWN), List.of(PLUGIN));
                Device plugin = new Selecting(List.of(), List.of(PLUGIN))) {
            assertEquals("kernel own", choice(both, DType.F32, DType.F32));
            assertEquals("kernel own", choice(both, DType.F32, DType.BF16));
            assertEquals("kernel plugin of plugin", choice(plugin, DType.F32, DType.F32));
            assertEquals("kernel plugin of plugin", choice(plugin, DType.F32, DType.F16));
        }
    }

    @Test
    void onlyWeightsAreCast() {
        try (Device device = new Selecting(List.of(OWN), List.of())) {
            assertEquals("reference", choice(device, DType.BF16, DType.BF16));
            assertEquals("reference", choice(device, DType.BF16, DType.F32));
        }
    }

    @Test
    void castsAreReleasedAndGradientsHaveTheTypeOfTheirWeight() {
        try (Device device = new Selecting(List.of(OWN), List.of())) {
            Tensor x = x(device, DType.F32);
            Tensor weight = x(device, DType.BF16);
            int before = device.context().scopes().liveBuffers();
            Tensor y = Tensors.apply(new Scale(), x, weight).getFirst();
            assertEquals(before + 1, device.context().scopes().liveBuffers(), "y alone");
            assertArrayEquals(new float[] {1, 9}, y.floats());
            Tape tape = new Tape();
            Tensor watched = tape.watch(weight);
            Tensor loss = Tensors.apply(new Scale(), x, watched).getFirst().sum();
            Tensor gradient = tape.gradients(loss, List.of(watched)).getFirst();
            assertEquals(weight.type(), gradient.type());
            assertArrayEquals(new float[] {1, 3}, gradient.cast(DType.F32).floats());
        }
    }
}
