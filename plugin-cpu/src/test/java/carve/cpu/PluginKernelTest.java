package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.CpuTarget;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelPolicy;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.op.SwiGlu;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.config.CpuConfig;
import carve.testkit.RandomTensors;
import carve.testkit.TensorValues;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A plugin's own kernel reads and writes the device's memory on the device's threads. */
final class PluginKernelTest {
    private static final int ROWS = 65;
    private static final int WIDTH = 13;

    /** Twice each element. */
    private record Twice() implements FusedOp {
        @Override
        public String name() {
            return "twice";
        }

        @Override
        public List<TensorType> results(List<TensorType> operands) {
            return List.of(operands.getFirst());
        }

        @Override
        public List<Tensor> reference(List<Tensor> operands) {
            return List.of(operands.getFirst().add(operands.getFirst()));
        }
    }

    private record TwiceInMemory(CpuTarget host, Set<Integer> done) implements Kernel {
        @Override
        public String name() {
            return "rows";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            Tensor y = host.allocate(operands.getFirst().type());
            host.allocate(y.type()); // left behind: the scope of the kernel releases it
            MemorySegment from = host.memory(operands.getFirst());
            MemorySegment to = host.memory(y);
            host.parallelFor(ROWS, row -> {
                done.add(row);
                for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
                    to.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * from.getAtIndex(ValueLayout.JAVA_FLOAT, i));
                }
            });
            return List.of(y);
        }
    }

    /** Offers the kernel for everything, so that it is seen what it is not asked for. */
    private record Offering(Set<Integer> done) implements KernelProvider {
        @Override
        public String name() {
            return "doubling";
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host) {
            return host instanceof CpuTarget memory ? Optional.of(new TwiceInMemory(memory, done)) : Optional.empty();
        }
    }

    private static Device open(KernelProvider provider) {
        return new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true), new KernelCatalog(List.of(provider)));
    }

    @Test
    void eachTaskRunsOnceOnTheMemoryOfTheDevice() {
        Set<Integer> done = ConcurrentHashMap.newKeySet();
        try (Device device = open(new Offering(done))) {
            device.context().kernels().policy(KernelPolicy.REQUIRED);
            Tensor x = RandomTensors.seeded().normal(device, "x", ROWS, WIDTH);
            int before = device.context().scopes().liveBuffers();
            Tensor y = Tensors.apply(new Twice(), x).getFirst();
            assertArrayEquals(TensorValues.of(x.add(x)), TensorValues.of(y));
            assertEquals(IntStream.range(0, ROWS).boxed().collect(java.util.stream.Collectors.toSet()), done);
            assertEquals(
                    "kernel rows of doubling",
                    device.context().kernels().choices().get("twice"));
            assertEquals(before + 2, device.context().scopes().liveBuffers(), "y and x + x");
        }
    }

    @Test
    void kernelsOfTheDeviceComeFirst() {
        try (Device device = open(new Offering(ConcurrentHashMap.newKeySet()))) {
            Tensor x = Tensors.ones(device, Shape.of(ROWS, WIDTH));
            Tensors.apply(new SwiGlu(), x, x);
            assertEquals("kernel swiglu", device.context().kernels().choices().get("swiglu"));
        }
    }

    /** Offers no kernel, and keeps the target that it is asked for. */
    private record Asked(List<KernelTarget> targets) implements KernelProvider {
        @Override
        public String name() {
            return "asked";
        }

        @Override
        public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target) {
            targets.add(target);
            return Optional.empty();
        }
    }

    @Test
    void segmentEndsWhereTheTensorDoes() {
        var asked = new Asked(new ArrayList<>());
        try (Device device = open(asked)) {
            Tensor small = Tensors.ones(device, Shape.of(1));
            Tensors.apply(new Twice(), small);
            MemorySegment values =
                    assertInstanceOf(CpuTarget.class, asked.targets.getFirst()).memory(small);
            assertEquals(1f, values.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> values.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        }
    }
}
