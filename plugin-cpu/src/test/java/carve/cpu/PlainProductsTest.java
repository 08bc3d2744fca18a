package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.KernelCatalog;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.testkit.Close;
import carve.testkit.Randoms;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The law of the first products: nobody can tell from their bits that they were the first. */
final class PlainProductsTest {
    private static final CpuConfig CONFIG = new CpuConfig(
            2, CpuConfig.Blas.OWN, CpuConfig.Bf16.OWN, CpuConfig.Code.OFF, true, CpuConfig.EXACT_ROWS, true);

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
            Close.bits(
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
        Randoms randoms = Randoms.seeded();
        Tensor x = randoms.normal(device, "x", rows, shape.extent(1));
        Tensor weight = randoms.normal(device, "weight", new TensorType(DType.F32, shape))
                .cast(dtype);
        return Linear.apply(x, weight, randoms.normal(device, "bias", shape.extent(0)));
    }

    @Test
    void theBudgetIsUsedUpByWhatFits() {
        try (Workers workers = new Workers(1)) {
            PlainProducts plain = new PlainProducts(workers, 100);
            assertFalse(plain.take(new Rows.Product(10, 11, 0, DType.F32, 0), 1));
            assertFalse(plain.take(new Rows.Product(1, 32, 0, DType.Q8_0, 0), 1));
            assertTrue(plain.take(new Rows.Product(3, 10, 0, DType.BF16, 0), 3));
            assertTrue(plain.take(new Rows.Product(1, 10, 0, DType.F32, 0), 1));
            assertFalse(plain.take(new Rows.Product(1, 1, 0, DType.F32, 0), 1));
        }
    }
}
