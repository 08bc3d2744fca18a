package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.KernelCatalog;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.cpu.thread.ThreadPool;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The law of the first products: nobody can tell from their bits that they were the first. */
final class ScalarGemmTest {
    private static final CpuConfig CONFIG = new CpuConfig(
            2,
            CpuConfig.BlasMode.BUILTIN,
            CpuConfig.Bf16Mode.BUILTIN,
            CpuConfig.MachineCodeMode.OFF,
            true,
            CpuConfig.BATCH_INVARIANT_ROWS,
            true);

    @TestFactory
    Stream<DynamicTest> firstProductsHaveTheBitsOfLaterOnes() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Stream.of(Shape.of(5, 1), Shape.of(13, 65), Shape.of(37, 1025), Shape.of(64, 200))
                        .flatMap(shape -> IntStream.of(1, 2, 5, 13, 64)
                                .mapToObj(rows -> DynamicTest.dynamicTest(
                                        "%d rows with %s %s".formatted(rows, dtype, shape),
                                        () -> same(rows, dtype, shape)))));
    }

    private static void same(int rows, DType dtype, Shape shape) {
        try (CpuDevice device = new CpuDevice(CONFIG)) {
            TensorAssertions.assertBitwiseEqual(
                    "products",
                    product(device, rows, dtype, shape),
                    Tensors.of(device, Shape.of(rows, shape.extent(0)), first(rows, dtype, shape)));
        }
    }

    private static float[] first(int rows, DType dtype, Shape shape) {
        try (CpuDevice device = new CpuDevice(CONFIG, KernelCatalog.NONE, Long.MAX_VALUE)) {
            return product(device, rows, dtype, shape).floats();
        }
    }

    private static Tensor product(CpuDevice device, int rows, DType dtype, Shape shape) {
        RandomTensors randomTensors = RandomTensors.seeded();
        Tensor x = randomTensors.normal(device, "x", rows, shape.extent(1));
        Tensor weight = randomTensors
                .normal(device, "weight", new TensorType(DType.F32, shape))
                .cast(dtype);
        return Linear.apply(x, weight, randomTensors.normal(device, "bias", shape.extent(0)));
    }

    @Test
    void theBudgetIsUsedUpByWhatFits() {
        try (ThreadPool threadPool = new ThreadPool(1)) {
            ScalarGemm scalar = new ScalarGemm(threadPool, 100);
            assertFalse(fits(scalar, 1, new LinearWeights(10, 11, 0, DType.F32, 0)));
            assertFalse(fits(scalar, 1, new LinearWeights(1, 32, 0, DType.Q8_0, 0)));
            assertTrue(fits(scalar, 3, new LinearWeights(3, 10, 0, DType.BF16, 0)));
            scalar.takeFromBudget(GemmProblem.linear(new LinearWeights(3, 10, 0, DType.BF16, 0), 3, 0, 0));
            assertTrue(fits(scalar, 1, new LinearWeights(1, 10, 0, DType.F32, 0)));
            scalar.takeFromBudget(GemmProblem.linear(new LinearWeights(1, 10, 0, DType.F32, 0), 1, 0, 0));
            assertFalse(fits(scalar, 1, new LinearWeights(1, 1, 0, DType.F32, 0)));
        }
    }

    private static boolean fits(ScalarGemm scalar, int rows, LinearWeights weights) {
        return scalar.fitsBudget(GemmProblem.linear(weights, rows, 0, 0));
    }
}
