package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.TestTensors;
import carve.cpu.config.CpuConfig;
import carve.cpu.jit.Assembler;
import carve.cpu.jit.MachineCode;
import carve.cpu.memory.NativeMemory;
import carve.testkit.LoggedAssumptions;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Machine code agrees with vectors of Java: in bits, but for weights that are multiplied in fixed point, or summed otherwise. */
final class JitSkinnyGemmTest {
    private static final boolean RUNS = MachineCode.isSupported() && NativeMemory.LANES == Assembler.LANES;

    @TestFactory
    Stream<DynamicTest> productsAreThoseOfVectors() {
        LoggedAssumptions.assumeTrue(RUNS, "machine code is for x86-64 Linux with AVX-512");
        return WeightTypes.all().stream()
                .flatMap(dtype -> shapes(dtype).stream()
                        .flatMap(shape -> IntStream.of(1, 2, 3, 4, 5, 6, 7, 8, 13, 64)
                                .mapToObj(rows -> DynamicTest.dynamicTest(
                                        "%d rows with %s %s".formatted(rows, dtype, shape),
                                        () -> agree(rows, dtype, shape)))));
    }

    private static List<Shape> shapes(DType dtype) {
        int block = dtype.blockElements();
        return dtype.isQuantised()
                ? List.of(Shape.of(1, block), Shape.of(13, 2 * block), Shape.of(65, 1056 / block * block + block))
                : List.of(Shape.of(1, 1), Shape.of(5, 13), Shape.of(13, 65), Shape.of(37, 1025), Shape.of(200, 63));
    }

    private static void agree(int rows, DType dtype, Shape shape) {
        try (CpuDevice vectors = device(CpuConfig.MachineCodeMode.OFF);
                CpuDevice code = device(CpuConfig.MachineCodeMode.REQUIRED)) {
            for (boolean bias : List.of(true, false)) {
                Tensor expected = product(vectors, rows, dtype, shape, bias);
                Tensor actual = Tensors.of(
                        vectors,
                        expected.shape(),
                        product(code, rows, dtype, shape, bias).floats());
                if (dtype.isQuantised() && dtype != DType.Q8_0) {
                    TestTensors.assertClose("bias " + bias, 1e-6, expected, actual);
                } else {
                    TensorAssertions.assertBitwiseEqual("bias " + bias, expected, actual);
                }
            }
            assertEquals(
                    "kernel jit-skinny-gemm", code.context().kernels().choices().get("linear"));
        }
    }

    private static CpuDevice device(CpuConfig.MachineCodeMode who) {
        return new CpuDevice(new CpuConfig(
                2,
                CpuConfig.BlasMode.BUILTIN,
                CpuConfig.Bf16Mode.BUILTIN,
                who,
                true,
                CpuConfig.BATCH_INVARIANT_ROWS,
                true));
    }

    private static Tensor product(CpuDevice device, int rows, DType dtype, Shape shape, boolean bias) {
        RandomTensors randomTensors = RandomTensors.seeded();
        Tensor x = randomTensors.normal(device, "x", rows, shape.extent(1));
        Tensor weight = randomTensors
                .normal(device, "weight", new TensorType(DType.F32, shape))
                .cast(dtype);
        return bias
                ? Linear.apply(x, weight, randomTensors.normal(device, "bias", shape.extent(0)))
                : Linear.apply(x, weight);
    }
}
