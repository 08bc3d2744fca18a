package carve.api.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The definition itself, against values worked out by hand or taken from tables. */
final class ReferenceDeviceTest {
    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor matrix(int rows, float... values) {
        return Tensors.of(device, Shape.of(rows, values.length / rows), values);
    }

    private Tensor vector(float... values) {
        return Tensors.of(device, Shape.of(values.length), values);
    }

    private static void gives(Tensor actual, double... expected) {
        float[] values = actual.floats();
        assertEquals(expected.length, values.length, "number of values");
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], values[i], 2e-7 * Math.max(1, Math.abs(expected[i])), "value " + i);
        }
    }

    @Test
    void functionsOfOneOperand() {
        Tensor x = vector(-2, 0.5f, 3);
        gives(x.unary(UnaryFunction.NEGATE), 2, -0.5, -3);
        gives(x.unary(UnaryFunction.ABS), 2, 0.5, 3);
        gives(x.exp(), 0.1353352832366127, 1.6487212707001282, 20.085536923187668);
        gives(x.unary(UnaryFunction.ERF), -0.9953222650189527, 0.5204998778130465, 0.9999779095030014);
        gives(x.unary(UnaryFunction.SIGMOID), 0.11920292202211755, 0.6224593312018546, 0.9525741268224334);
        gives(x.unary(UnaryFunction.SILU), -0.2384058440442351, 0.3112296656009273, 2.8577223804673);
        gives(x.unary(UnaryFunction.SOFTPLUS), 0.12692801104297263, 0.9740769841801067, 3.048587351573742);
        gives(x.unary(UnaryFunction.TANH), -0.9640275800758169, 0.46211715726000973, 0.9950547536867305);
        gives(x.unary(UnaryFunction.SIN), -0.9092974268256817, 0.479425538604203, 0.1411200080598672);
        gives(x.unary(UnaryFunction.COS), -0.4161468365471424, 0.8775825618903728, -0.9899924966004454);
        Tensor positive = vector(0.25f, 4);
        gives(positive.log(), -1.3862943611198906, 1.3862943611198906);
        gives(positive.unary(UnaryFunction.LOG1P), 0.22314355131420976, 1.6094379124341003);
        gives(positive.unary(UnaryFunction.SQRT), 0.5, 2);
        gives(positive.unary(UnaryFunction.RECIPROCAL), 4, 0.25);
    }

    @Test
    void errorFunctionIsExactWhereItsFormsMeet() {
        assertEquals(0.9999779095030014, ReferenceMath.erf(3), 1e-15);
        assertEquals(0.9999778955735178, ReferenceMath.erf(2.9999), 1e-15);
        assertEquals(1 - 1.541725790028002e-8, ReferenceMath.erf(4), 1e-15);
        assertEquals(-0.1124629160182849, ReferenceMath.erf(-0.1), 1e-15);
        assertTrue(Double.isNaN(ReferenceMath.erf(Double.NaN)));
        assertEquals(-1, ReferenceMath.erf(Double.NEGATIVE_INFINITY));
    }

    @Test
    void functionsOfTwoOperandsAreBroadcast() {
        Tensor a = matrix(2, 1, 2, 3, 4, 5, 6);
        Tensor b = vector(2, -1, 3);
        gives(a.add(b), 3, 1, 6, 6, 4, 9);
        gives(a.subtract(matrix(2, 1, 2)), 0, 1, 2, 2, 3, 4);
        gives(a.multiply(b), 2, -2, 9, 8, -5, 18);
        gives(a.divide(Tensors.scalar(device, 4)), 0.25, 0.5, 0.75, 1, 1.25, 1.5);
        gives(a.binary(BinaryFunction.MAXIMUM, b), 2, 2, 3, 4, 5, 6);
        gives(a.binary(BinaryFunction.MINIMUM, b), 1, -1, 3, 2, -1, 3);
        Tensor less = Tensors.apply(new Op.Compare(Op.Comparison.LESS), a, b);
        assertEquals(DType.I8, less.dtype());
        gives(less, 1, 0, 0, 0, 0, 0);
        gives(Tensors.where(less, b, a), 2, 2, 3, 4, 5, 6);
    }

    @Test
    void wholeNumbersStayWhole() {
        Tensor a = Tensors.of(device, Shape.of(3), 7, -7, Integer.MAX_VALUE);
        Tensor b = Tensors.of(device, Shape.of(), 2);
        assertArrayEquals(new int[] {3, -3, 1073741823}, a.divide(b).ints());
        assertArrayEquals(new int[] {9, -5, Integer.MIN_VALUE + 1}, a.add(b).ints(), "sums wrap around");
    }

    @Test
    void products() {
        Tensor a = matrix(2, 1, 2, 3, 4, 5, 6);
        Tensor b = matrix(3, 1, 0, 0, 1, 2, -1);
        gives(a.matmul(b), 7, -1, 16, -1);
        gives(a.transpose().matmul(b.transpose(), true, true), 7, -1, 16, -1);
        gives(a.reshape(1, 2, 3).matmul(b), 7, -1, 16, -1);
        gives(matrix(1, 1, 1).matmul(a.reshape(1, 2, 3)), 5, 7, 9);
    }

    @Test
    void reductions() {
        Tensor x = matrix(2, 1, 9, 3, 4, 5, 6);
        gives(x.sum(0), 5, 14, 9);
        gives(x.sum(), 28);
        gives(x.max(1), 9, 6);
        assertArrayEquals(new int[] {1, 0, 1}, x.argMax(0).ints());
        assertArrayEquals(new int[] {1, 2}, x.argMax(1).ints());
        gives(x.sumTo(Shape.of(2, 1)), 13, 15);
        gives(x.cumulativeSum(1), 1, 10, 13, 4, 9, 15);
        gives(Tensors.apply(new Op.CumulativeSum(0, true), x), 5, 14, 9, 4, 5, 6);
    }

    @Test
    void moves() {
        Tensor x = matrix(2, 1, 2, 3, 4, 5, 6);
        gives(x.transpose(), 1, 4, 2, 5, 3, 6);
        gives(x.slice(1, 1, 3), 2, 3, 5, 6);
        gives(x.pad(1, 1, 0), 0, 1, 2, 3, 0, 4, 5, 6);
        gives(Tensors.concat(0, List.of(x, vector(7, 8, 9).reshape(1, 3))), 1, 2, 3, 4, 5, 6, 7, 8, 9);
        gives(x.lowerTriangle(0), 1, 0, 0, 4, 5, 0);
        gives(x.lowerTriangle(-1), 0, 0, 0, 4, 0, 0);
        gives(vector(1, 2).reshape(2, 1).broadcastTo(Shape.of(2, 3)), 1, 1, 1, 2, 2, 2);
        Tensor indices = Tensors.of(device, Shape.of(3), 1, 0, 1);
        gives(x.gather(indices), 4, 5, 6, 1, 2, 3, 4, 5, 6);
        gives(Tensors.apply(new Op.ScatterAdd(3), indices, x.gather(indices)), 1, 2, 3, 8, 10, 12, 0, 0, 0);
    }

    @Test
    void castsRoundToNearestEven() {
        Tensor x = vector(1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 1 + 0x1p-11f, 1 + 3 * 0x1p-11f);
        gives(x.cast(DType.BF16), 1, 1 + 0x1p-6, 1, 1);
        gives(x.cast(DType.F16), 1 + 0x1p-8, 1 + 3 * 0x1p-8, 1, 1 + 0x1p-9);
        assertArrayEquals(
                new int[] {2, -2, 0}, vector(2.7f, -2.7f, 0.5f).cast(DType.I32).ints());
        gives(vector(3.9f).cast(DType.I8), 3);
    }

    @Test
    void allocatedMemoryIsNotANumber() {
        assertTrue(Float.isNaN(Tensor.allocate(device, TensorType.f32(1)).item()));
    }

    @Test
    void indicesOutsideOfTheTableAreRefused() {
        Tensor index = Tensors.of(device, Shape.of(1), 2);
        assertEquals(
                "index 2 is outside of a table of 2 rows",
                assertThrows(DeviceException.class, () -> matrix(2, 1, 2).gather(index))
                        .getMessage());
    }
}
