package carve.cpu.gemm;

import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The law of products with weights: a row's bits depend neither on the rows beside it nor on the number of threads. */
final class BatchInvarianceTest {
    private static final int MOST = 64;
    private static final int[] ROWS = {64, 1, 2, 5, 13, 49};

    @TestFactory
    Stream<DynamicTest> aRowHasTheSameBitsAmongAnyNumberOfRowsAndThreads() {
        return Stream.of(CpuConfig.MachineCodeMode.AUTO, CpuConfig.MachineCodeMode.OFF)
                .flatMap(who -> WeightTypes.all().stream()
                        .flatMap(dtype -> extents(dtype).stream()
                                .map(shape -> DynamicTest.dynamicTest(
                                        "%s %s %s".formatted(who, dtype, shape), () -> same(who, dtype, shape)))));
    }

    private static List<Shape> extents(DType dtype) {
        int block = dtype.blockElements();
        return dtype.isQuantised()
                ? List.of(Shape.of(5, block), Shape.of(13, 2 * block), Shape.of(37, 1056 / block * block + block))
                : List.of(Shape.of(5, 1), Shape.of(13, 65), Shape.of(37, 1025));
    }

    private static void same(CpuConfig.MachineCodeMode who, DType dtype, Shape shape) {
        float[] expected = new float[0];
        for (int threads : new int[] {2, 1, 3}) {
            try (CpuDevice device = device(who, threads)) {
                RandomTensors randomTensors = RandomTensors.seeded();
                Tensor x = randomTensors.normal(device, "x", MOST, shape.extent(1));
                Tensor weight = randomTensors
                        .normal(device, "weight", new TensorType(DType.F32, shape))
                        .cast(dtype);
                Tensor bias = randomTensors.normal(device, "bias", shape.extent(0));
                for (int rows : ROWS) {
                    float[] y = pieces(x, rows, weight, bias);
                    expected = expected.length == 0 ? y : expected;
                    float[] same = Arrays.copyOf(expected, y.length);
                    TensorAssertions.assertBitwiseEqual(
                            "%d rows at a time, %d threads".formatted(rows, threads),
                            Tensors.of(device, Shape.of(y.length), same),
                            Tensors.of(device, Shape.of(y.length), y));
                }
            }
        }
    }

    private static CpuDevice device(CpuConfig.MachineCodeMode who, int threads) {
        return new CpuDevice(new CpuConfig(
                threads,
                CpuConfig.BlasMode.AUTO,
                CpuConfig.Bf16Mode.AUTO,
                who,
                true,
                CpuConfig.BATCH_INVARIANT_ROWS,
                true));
    }

    private static float[] pieces(Tensor x, int rows, Tensor weight, Tensor bias) {
        List<Tensor> parts = new ArrayList<>();
        for (int row = 0; row < Math.min(MOST, 2 * rows + 1); row += rows) {
            parts.add(Linear.apply(x.slice(0, row, Math.min(MOST, row + rows)), weight, bias));
        }
        return Tensors.concat(0, parts).floats();
    }
}
