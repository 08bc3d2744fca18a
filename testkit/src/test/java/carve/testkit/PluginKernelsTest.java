package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.CpuTarget;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.KernelPolicy;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Tests of the messages for faulty kernel providers. */
final class PluginKernelsTest {
    private static final String OF = "kernels 'squares' of module carve.testkit";

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

    /** Squares in memory; {@code body} does it. */
    private record SquareKernel(Function<List<Tensor>, List<Tensor>> body) implements Kernel {
        @Override
        public String name() {
            return "loop";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            return body.apply(operands);
        }
    }

    private interface KernelFactory {
        Optional<Kernel> of(FusedOp op, CpuTarget memory);
    }

    private static KernelProvider provider(String name, KernelFactory kernelFactory) {
        return new KernelProvider() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host) {
                return host instanceof CpuTarget memory ? kernelFactory.of(op, memory) : Optional.empty();
            }
        };
    }

    private static KernelProvider squares(String name) {
        return provider(
                name,
                (op, memory) -> op instanceof Square
                        ? Optional.of(new SquareKernel(operands -> List.of(squared(memory, operands.getFirst()))))
                        : Optional.empty());
    }

    private static KernelProvider doing(Function<List<Tensor>, List<Tensor>> body) {
        return provider("squares", (op, memory) -> Optional.of(new SquareKernel(body)));
    }

    private static Tensor squared(CpuTarget memory, Tensor x) {
        Tensor y = memory.allocate(x.type());
        MemorySegment from = memory.memory(x);
        MemorySegment to = memory.memory(y);
        memory.parallelFor((int) x.shape().size(), i -> {
            float value = from.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            to.setAtIndex(ValueLayout.JAVA_FLOAT, i, value * value);
        });
        return y;
    }

    private static float[] square(HostDevice device) {
        Tensor x = Tensors.of(device, Shape.of(3), 1f, -2f, 3f);
        return Tensors.apply(new Square(), x).getFirst().floats();
    }

    private static String refusal(KernelProvider... providers) {
        try (HostDevice device = new HostDevice(providers)) {
            return assertThrows(DeviceException.class, () -> square(device)).getMessage();
        }
    }

    @Test
    void kernelRunsIsNamedAndIsWhatRequiredKernelsAskFor() {
        try (HostDevice device = new HostDevice(squares("squares"))) {
            device.context().kernels().policy(KernelPolicy.REQUIRED);
            assertEquals(List.of(1f, 4f, 9f), List.of(square(device)[0], square(device)[1], square(device)[2]));
            assertEquals(
                    Map.of("square", "kernel loop of squares"),
                    device.context().kernels().choices());
        }
    }

    @Test
    void kernelWithoutBackwardHasItsDefinitionDifferentiated() {
        try (HostDevice device = new HostDevice(squares("squares"))) {
            Tape tape = new Tape();
            Tensor x = tape.watch(Tensors.of(device, Shape.of(2), 1f, -2f));
            Tensor y = Tensors.apply(new Square(), x).getFirst();
            float[] slopes = tape.gradients(List.of(y), List.of(Tensors.ones(device, Shape.of(2))), List.of(x))
                    .getFirst()
                    .floats();
            assertEquals(List.of(2f, -4f), List.of(slopes[0], slopes[1]));
        }
    }

    @Test
    void definitionRunsWhereNothingIsOffered() {
        try (HostDevice device = new HostDevice(provider("none", (op, memory) -> Optional.empty()))) {
            assertEquals(9f, square(device)[2]);
            assertEquals(
                    Map.of("square", "reference (no kernel of host for [F32 (3)])"),
                    device.context().kernels().choices());
        }
    }

    @Test
    void providerThatThrowsIsNamed() {
        KernelProvider broken = provider("squares", (op, memory) -> {
            throw new IllegalStateException("out of luck");
        });
        assertEquals(
                OF + " failed when it was asked for a kernel for square of [F32 (3)] on host:"
                        + " java.lang.IllegalStateException: out of luck; remove or update the plugin",
                refusal(broken));
    }

    @Test
    void kernelThatThrowsIsNamed() {
        assertEquals(
                "kernel loop for square of [F32 (3)] on host failed: java.lang.IllegalStateException: out of luck;"
                        + " it is of " + OF + ": remove or update the plugin",
                refusal(doing(operands -> {
                    throw new IllegalStateException("out of luck");
                })));
    }

    @Test
    void resultsOfOtherTypesAreRefused() {
        assertEquals(
                "kernel loop for square of [F32 (3)] on host gave results [I32 (3)] where [F32 (3)] were expected;"
                        + " it is of " + OF + ": remove or update the plugin",
                refusal(doing(operands -> List.of(operands.getFirst().cast(DType.I32)))));
        assertEquals(
                "kernel loop for square of [F32 (3)] on host gave results [] where [F32 (3)] were expected;"
                        + " it is of " + OF + ": remove or update the plugin",
                refusal(doing(operands -> List.of())));
    }

    @Test
    void twoOffersAreRefused() {
        assertEquals(
                "square on host is offered by kernels 'a' of module carve.testkit and by kernels 'b' of module carve.testkit;"
                        + " remove one of the plugins",
                refusal(squares("a"), squares("b")));
    }
}
