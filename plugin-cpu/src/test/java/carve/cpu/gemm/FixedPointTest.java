package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.testkit.RandomTensors;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows in fixed point keep what F32 keeps: small rows, large rows, outliers, and that a row is not finite. */
final class FixedPointTest {
    private static final int ROWS = 3;

    static List<DType> types() {
        return WeightTypes.quantised().stream()
                .filter(FixedPointLayout::supports)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyPieceHasAPlaceOfItsOwn(DType dtype) {
        FixedPointLayout layout = new FixedPointLayout(dtype, 3 * dtype.blockElements());
        var places = new TreeSet<Integer>();
        IntStream.range(0, layout.step() / FixedPointLayout.PIECE).forEach(i -> places.add(layout.offset(i)));
        var expected = new TreeSet<Integer>();
        for (int vector = 0; vector < layout.groups(); vector++) {
            for (int quarter = 0; quarter < 4; quarter++) {
                expected.add((FixedPointLayout.PLANES * vector * 4 + quarter) * FixedPointLayout.PIECE);
            }
        }
        assertEquals(expected, places);
    }

    @ParameterizedTest
    @MethodSource("types")
    void aRowThatIsNotFiniteSpoilsNoOther(DType dtype) {
        int k = 2 * dtype.blockElements();
        float[] x = floats(ROWS * k, Math::sin);
        float[] expected = product(dtype, x);
        int n = expected.length / ROWS;
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] spoilt = x.clone();
            spoilt[k + 5] = odd;
            float[] actual = product(dtype, spoilt);
            for (int i = 0; i < actual.length; i++) {
                if (i / n == 1) {
                    assertTrue(!Float.isFinite(actual[i]), dtype + " of " + odd);
                } else {
                    assertEquals(expected[i], actual[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void rowsOfAnySizeAreAsExact(DType dtype) {
        int k = 2 * dtype.blockElements();
        float[] x = floats(ROWS * k, Math::sin);
        float[] expected = product(dtype, x);
        for (int exponent : new int[] {-100, -20, 20, 100}) {
            float[] scaled = floats(x.length, i -> Math.scalb(x[i], exponent));
            float[] actual = product(dtype, scaled);
            float[] back = floats(actual.length, i -> Math.scalb(actual[i], -exponent));
            assertArrayEquals(expected, back, 1e-6f * norm(expected));
        }
        assertArrayEquals(new float[expected.length], product(dtype, new float[x.length]));
    }

    @ParameterizedTest
    @MethodSource("types")
    void anOutlierLeavesTheOthersTwelveBits(DType dtype) {
        int k = 2 * dtype.blockElements();
        float[] x = floats(ROWS * k, Math::sin);
        float[] without = product(dtype, x);
        float[] outlier = floats(x.length, i -> i % k == 7 ? 1024 : 0);
        float[] alone = product(dtype, outlier);
        float[] actual = product(dtype, floats(x.length, i -> x[i] + outlier[i]));
        float[] expected = floats(alone.length, i -> alone[i] + without[i]);
        assertArrayEquals(expected, actual, 2e-4f * norm(without) + 1e-6f * norm(alone));
    }

    /** The greatest element of a row divided by its scale may be rounded up, which must not turn its sign. */
    @ParameterizedTest
    @MethodSource("types")
    void theGreatestElementStays(DType dtype) {
        int k = 2 * dtype.blockElements();
        float[] one = product(dtype, floats(ROWS * k, i -> i % k == 7 ? 1 : 0));
        float greatest = mostRoundedUp();
        float[] actual = product(dtype, floats(ROWS * k, i -> i % k == 7 ? greatest : 0));
        float[] expected = floats(one.length, i -> greatest * one[i]);
        assertArrayEquals(expected, actual, 1e-6f * norm(expected));
    }

    private static float mostRoundedUp() {
        float most = 1;
        for (float x = 1; x < 2; x = Math.nextUp(x)) {
            most = integer(x) > integer(most) ? x : most;
        }
        return most;
    }

    private static float integer(float greatest) {
        float scale = greatest * (1f / FixedPointLayout.MAX);
        return greatest * (1f / scale);
    }

    private static float[] floats(int count, IntToDoubleFunction value) {
        float[] result = new float[count];
        for (int i = 0; i < count; i++) {
            result[i] = (float) value.applyAsDouble(i);
        }
        return result;
    }

    private static float norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value * value;
        }
        return (float) Math.sqrt(sum / values.length);
    }

    private static float[] product(DType dtype, float[] x) {
        int k = x.length / ROWS;
        try (CpuDevice device = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))) {
            Tensor weight = RandomTensors.seeded()
                    .normal(device, "weight", new TensorType(DType.F32, Shape.of(13, k)))
                    .cast(dtype);
            return Linear.apply(Tensors.of(device, Shape.of(ROWS, k), x), weight)
                    .floats();
        }
    }
}
