package carve.cpu.primitive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.TestTensors;
import carve.cpu.TestTensors.HostTensor;
import carve.cpu.config.CpuConfig;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every primitive agrees with its definition, at odd extents, and leaves nothing of the poison. */
final class PrimitivesTest {
    private static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200};

    private final Device reference = new ReferenceDevice();
    private final Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true));
    private final SplittableRandom random = new SplittableRandom(42);

    @AfterEach
    void close() {
        cpu.close();
        reference.close();
    }

    private void agree(double ratio, Op op, HostTensor... operands) {
        Tensor expected = Tensors.apply(op, TestTensors.toDevice(reference, List.of(operands)));
        Tensor actual = Tensors.apply(op, TestTensors.toDevice(cpu, List.of(operands)));
        TestTensors.assertClose(
                op + " of " + List.of(operands).stream().map(HostTensor::shape).toList(), ratio, expected, actual);
    }

    private HostTensor x(int... extents) {
        return TestTensors.random(random, -2, 2, extents);
    }

    @Test
    void unaryFunctions() {
        for (Op.UnaryFunction function : Op.UnaryFunction.values()) {
            boolean positive = function == Op.UnaryFunction.LOG || function == Op.UnaryFunction.SQRT;
            for (int n : EXTENTS) {
                agree(1e-6, new Op.Unary(function), TestTensors.random(random, positive ? 1e-3 : -0.9, 3, 7, n));
            }
            agree(1e-6, new Op.Unary(function), TestTensors.random(random, positive ? 1e-3 : -0.99, 30, 300, 200));
        }
    }

    @Test
    void unaryFunctionsAtTheirEnds() {
        float[] ends = {
            0,
            -0f,
            1e-30f,
            -1e-30f,
            88.8f,
            -88f,
            -104,
            1000,
            -1000,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN,
            1e-7f,
            0.625f,
            -0.92f,
            0.93f
        };
        for (Op.UnaryFunction function : List.of(
                Op.UnaryFunction.EXP,
                Op.UnaryFunction.SIGMOID,
                Op.UnaryFunction.TANH,
                Op.UnaryFunction.ERF,
                Op.UnaryFunction.SOFTPLUS,
                Op.UnaryFunction.LOG)) {
            float[] expected = Tensors.of(reference, Shape.of(ends.length), ends)
                    .unary(function)
                    .floats();
            float[] actual =
                    Tensors.of(cpu, Shape.of(ends.length), ends).unary(function).floats();
            for (int i = 0; i < ends.length; i++) {
                double bound = Float.isFinite(expected[i]) ? Math.abs(expected[i]) * 3e-7 + 1e-37 : 1;
                assertEquals(expected[i], actual[i], bound, function + " of " + ends[i]);
            }
        }
    }

    @Test
    void binaryFunctionsBroadcast() {
        for (Op.BinaryFunction function : Op.BinaryFunction.values()) {
            Op op = new Op.Binary(function);
            for (int n : EXTENTS) {
                agree(1e-6, op, x(3, n), x(3, n));
                agree(1e-6, op, x(3, n), x(n));
                agree(1e-6, op, x(3, n), x(3, 1));
                agree(1e-6, op, x(3, 1), x(3, n));
                agree(1e-6, op, x(), x(3, n));
                agree(1e-6, op, x(3, n), x());
                agree(1e-6, op, x(2, 1, n), x(5, 1));
                agree(1e-6, op, x(2, n, 3), x(n, 1));
            }
            agree(1e-6, op, x(300, 200), x(300, 200));
            agree(1e-6, op, TestTensors.integers(random, -9, 9, 5, 7), TestTensors.integers(random, 1, 9, 7));
        }
    }

    @Test
    void comparisonsAndChoices() {
        for (Op.Comparison comparison : Op.Comparison.values()) {
            HostTensor a = TestTensors.integers(random, 0, 4, 5, 13);
            HostTensor b = TestTensors.integers(random, 0, 4, 13);
            Tensor mask = Tensors.apply(new Op.Compare(comparison), a.on(cpu), b.on(cpu));
            Tensor expected = Tensors.apply(new Op.Compare(comparison), a.on(reference), b.on(reference));
            TestTensors.assertClose("" + comparison, 0, expected.cast(DType.I32), mask.cast(DType.I32));
            HostTensor left = x(2, 1, 13);
            HostTensor right = x(5, 1);
            TestTensors.assertClose(
                    "where " + comparison,
                    0,
                    Tensors.where(expected, left.on(reference), right.on(reference)),
                    Tensors.where(mask, left.on(cpu), right.on(cpu)));
        }
    }

    @Test
    void products() {
        for (boolean transposeA : new boolean[] {false, true}) {
            for (boolean transposeB : new boolean[] {false, true}) {
                for (int n : EXTENTS) {
                    product(transposeA, transposeB, 13, n, 65);
                    product(transposeA, transposeB, n, 65, 5);
                    product(transposeA, transposeB, 64, 5, n);
                }
                product(transposeA, transposeB, 200, 300, 600);
                product(transposeA, transposeB, 1, 1, 1000);
            }
        }
    }

    private void product(boolean transposeA, boolean transposeB, int m, int n, int k) {
        Op op = new Op.MatMul(transposeA, transposeB);
        int[] a = transposeA ? new int[] {k, m} : new int[] {m, k};
        int[] b = transposeB ? new int[] {n, k} : new int[] {k, n};
        agree(1e-5, op, x(a), x(b));
        if ((long) m * n * k < 200_000) {
            agree(1e-5, op, x(3, a[0], a[1]), x(b));
            agree(1e-5, op, x(a), x(3, b[0], b[1]));
            agree(1e-5, op, x(3, 2, a[0], a[1]), x(3, 2, b[0], b[1]));
        }
    }

    @Test
    void reductions() {
        for (int n : EXTENTS) {
            for (int axis = 0; axis < 3; axis++) {
                agree(1e-5, new Op.Sum(axis), x(5, n, 13));
                agree(1e-6, new Op.Max(axis), x(5, n, 13));
                agree(0, new Op.ArgMax(axis), x(5, n, 13));
                agree(1e-5, new Op.CumulativeSum(axis, false), x(5, n, 13));
                agree(1e-5, new Op.CumulativeSum(axis, true), x(5, n, 13));
            }
            agree(1e-5, new Op.SumTo(Shape.of()), x(5, n, 13));
            agree(1e-5, new Op.SumTo(Shape.of(13)), x(5, n, 13));
            agree(1e-5, new Op.SumTo(Shape.of(n, 1)), x(5, n, 13));
            agree(1e-5, new Op.SumTo(Shape.of(5, 1, 13)), x(5, n, 13));
            agree(1e-5, new Op.SumTo(Shape.of(5, 1, 1)), x(5, n, 13));
        }
        agree(1e-5, new Op.SumTo(Shape.of(200)), x(700, 200));
        agree(1e-5, new Op.SumTo(Shape.of(300, 1)), x(300, 700));
        agree(1e-5, new Op.Sum(1), x(300, 7, 64));
    }

    @Test
    void movements() {
        for (int n : EXTENTS) {
            agree(0, new Op.BroadcastTo(Shape.of(3, n, 5)), x(n, 1));
            agree(0, new Op.BroadcastTo(Shape.of(3, n, 5)), x(1, 5));
            agree(0, new Op.BroadcastTo(Shape.of(3, n, 500)), x());
            agree(0, new Op.Permute(List.of(1, 0)), x(7, n));
            agree(0, new Op.Permute(List.of(0, 2, 1, 3)), x(2, n, 3, 5));
            agree(0, new Op.Permute(List.of(3, 1, 0, 2)), x(2, n, 3, 5));
            agree(0, new Op.Slice(1, n / 3, n), x(3, n, 5));
            agree(0, new Op.Slice(2, 1, 4), x(3, n, 5));
            agree(0, new Op.Pad(1, 2, 3), x(3, n, 5));
            agree(0, new Op.Concat(1), x(3, n, 5), x(3, 2, 5), x(3, 1, 5));
            agree(0, new Op.LowerTriangle(n / 2), x(2, n, 7));
            agree(0, new Op.LowerTriangle(-1), x(2, 7, n));
        }
    }

    @Test
    void tables() {
        for (int n : EXTENTS) {
            HostTensor indices = TestTensors.integers(random, 0, 13, 2, n);
            agree(0, new Op.Gather(), x(13, 5), indices);
            agree(1e-6, new Op.ScatterAdd(13), indices, x(2, n, 5));
        }
        agree(1e-5, new Op.ScatterAdd(13), TestTensors.integers(random, 0, 13, 700), x(700, 200));
        HostTensor wrong = TestTensors.integers(random, 13, 14, 1);
        assertEquals(
                "index 13 is outside of a table of 13 rows",
                assertThrows(
                                DeviceException.class,
                                () -> Tensors.apply(new Op.Gather(), x(13, 5).on(cpu), wrong.on(cpu)))
                        .getMessage());
    }

    @Test
    void narrowTypes() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            HostTensor a = x(13, 65);
            HostTensor b = x(65, 7);
            HostTensor indices = TestTensors.integers(random, 0, 13, 4);
            for (Device device : List.of(cpu)) {
                Tensor left = a.on(device).cast(dtype);
                Tensor expected = a.on(reference).cast(dtype);
                TestTensors.assertClose("cast", 0, expected.cast(DType.F32), left.cast(DType.F32));
                TestTensors.assertClose(
                        "product",
                        4e-3,
                        expected.matmul(b.on(reference).cast(dtype)),
                        left.matmul(b.on(device).cast(dtype)));
                TestTensors.assertClose(
                        "silu", 4e-3, expected.unary(Op.UnaryFunction.SILU), left.unary(Op.UnaryFunction.SILU));
                TestTensors.assertClose("sum", 4e-3, expected.sum(1), left.sum(1));
                TestTensors.assertClose("max", 0, expected.max(0), left.max(0));
                TestTensors.assertClose(
                        "rows", 0, expected.gather(indices.on(reference)), left.gather(indices.on(device)));
                TestTensors.assertClose("permuted", 0, expected.permute(1, 0), left.permute(1, 0));
                TestTensors.assertClose("sliced", 0, expected.slice(1, 3, 8), left.slice(1, 3, 8));
            }
        }
    }
}
