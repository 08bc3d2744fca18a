package carve.testkit;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The cases of {@link DeviceContract}: every primitive at odd extents, broadcast, empty, and in every storage type. */
final class PrimitiveCases {
    static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200};

    private static final List<DType> STORAGE = List.of(DType.F32, DType.BF16, DType.F16, DType.I32, DType.I8);
    private static final RandomTensors RANDOMS = RandomTensors.seeded();

    private static final Shape[][] BROADCAST = {
        {Shape.of(), Shape.of()},
        {Shape.of(7), Shape.of()},
        {Shape.of(), Shape.of(65)},
        {Shape.of(5, 13), Shape.of(13)},
        {Shape.of(13), Shape.of(5, 13)},
        {Shape.of(5, 13), Shape.of(5, 1)},
        {Shape.of(5, 1), Shape.of(1, 13)},
        {Shape.of(1, 65), Shape.of(63, 65)},
        {Shape.of(2, 1, 64), Shape.of(3, 1)},
        {Shape.of(2, 3, 65), Shape.of(2, 1, 1)},
        {Shape.of(2, 3, 65), Shape.of(3, 1)},
        {Shape.of(2, 3, 4, 5), Shape.of(1, 3, 1, 5)},
        {Shape.of(2, 1, 4, 1), Shape.of(2, 3, 1, 5)},
        {Shape.of(0), Shape.of(0)},
        {Shape.of(3, 0), Shape.of(3, 1)},
        {Shape.of(0, 5), Shape.of()},
        {Shape.of(200, 1), Shape.of(1, 1)}
    };

    private final List<PrimitiveCase> cases = new ArrayList<>();

    private PrimitiveCases() {}

    static List<PrimitiveCase> all() {
        PrimitiveCases all = new PrimitiveCases();
        Arrays.stream(UnaryFunction.values()).forEach(all::unary);
        Arrays.stream(BinaryFunction.values()).forEach(all::binary);
        Arrays.stream(Op.Comparison.values()).forEach(all::compare);
        all.where();
        all.matmul();
        all.reductions();
        all.broadcasts();
        all.moves();
        all.triangles();
        all.gathers();
        all.casts();
        return all.cases;
    }

    /** Returns a tensor of any storage type whose values are the same on every device. */
    static Tensor operand(Device device, String name, TensorType type) {
        return TensorValues.upload(device, type, values(name, type));
    }

    private static double[] values(String name, TensorType type) {
        int size = Math.toIntExact(type.shape().size());
        return type.dtype().isFloating() ? RANDOMS.normals(name, size) : RANDOMS.integers(name, -100, 100, size);
    }

    private void add(String group, double ratio, Op op, TensorType... types) {
        List<double[]> values = IntStream.range(0, types.length)
                .mapToObj(i -> values(group + i, types[i]))
                .toList();
        cases.add(new PrimitiveCase(group, op, List.of(types), values, ratio));
    }

    private void add(String group, double ratio, Op op, List<TensorType> types, double[]... values) {
        cases.add(new PrimitiveCase(group, op, types, List.of(values), ratio));
    }

    private static TensorType f32(Shape shape) {
        return new TensorType(DType.F32, shape);
    }

    private void unary(UnaryFunction function) {
        Op op = new Op.Unary(function);
        String group = "unary " + function;
        double[] range = range(function);
        for (int extent : EXTENTS) {
            add(
                    group,
                    Tolerance.ELEMENTWISE,
                    op,
                    List.of(TensorType.f32(3, extent)),
                    RANDOMS.uniforms(group, range[0], range[1], 3 * extent));
        }
        add(group, Tolerance.ELEMENTWISE, op, List.of(TensorType.f32()), new double[] {range[1]});
        add(group, Tolerance.ELEMENTWISE, op, List.of(TensorType.f32(0, 3)), new double[0]);
        for (double x : extremes(function)) {
            add(group, Tolerance.ELEMENTWISE, op, List.of(TensorType.f32(1)), new double[] {x});
        }
    }

    private static double[] range(UnaryFunction function) {
        return switch (function) {
            case LOG, SQRT, RECIPROCAL -> new double[] {0.01, 20};
            case LOG1P -> new double[] {-0.9, 20};
            case EXP, SIN, COS, TANH, ERF, SIGMOID, SILU, SOFTPLUS, NEGATE, ABS -> new double[] {-8, 8};
        };
    }

    // where a naive formula overflows, cancels or is NaN
    private static double[] extremes(UnaryFunction function) {
        return switch (function) {
            case LOG, SQRT, RECIPROCAL -> new double[] {1e-30, 1e30, 1};
            case LOG1P -> new double[] {1e-10, -1e-4, 0, 1e30};
            case EXP -> new double[] {-200, -80, 0, 80};
            case SIGMOID, SILU, SOFTPLUS, TANH, ERF -> new double[] {-200, -80, -1e-4, 0, 1e-4, 80, 200};
            case SIN, COS -> new double[] {0, 1e-4, 1000};
            case NEGATE, ABS -> new double[] {0, -1e30, 1e-30};
        };
    }

    private void binary(BinaryFunction function) {
        Op op = new Op.Binary(function);
        String group = "binary " + function;
        for (Shape[] shapes : BROADCAST) {
            double[] divisor = RANDOMS.uniforms(group, 0.5, 3, Math.toIntExact(shapes[1].size()));
            add(
                    group,
                    Tolerance.ELEMENTWISE,
                    op,
                    List.of(f32(shapes[0]), f32(shapes[1])),
                    values(group, f32(shapes[0])),
                    function == BinaryFunction.DIVIDE ? divisor : values("b", f32(shapes[1])));
            TensorType left = new TensorType(DType.I32, shapes[0]);
            TensorType right = new TensorType(DType.I32, shapes[1]);
            add(
                    group,
                    0,
                    op,
                    List.of(left, right),
                    values(group, left),
                    RANDOMS.integers(group, 1, 9, Math.toIntExact(shapes[1].size())));
        }
        for (int extent : EXTENTS) {
            TensorType type = TensorType.f32(2, extent);
            add(
                    group,
                    Tolerance.ELEMENTWISE,
                    op,
                    List.of(type, type),
                    values(group, type),
                    RANDOMS.uniforms(group, 0.5, 3, 2 * extent));
        }
    }

    private void compare(Op.Comparison comparison) {
        for (DType dtype : List.of(DType.F32, DType.I32)) {
            for (Shape[] shapes : BROADCAST) {
                add(
                        "compare " + comparison,
                        0,
                        new Op.Compare(comparison),
                        List.of(new TensorType(dtype, shapes[0]), new TensorType(dtype, shapes[1])),
                        RANDOMS.integers("a", -2, 3, Math.toIntExact(shapes[0].size())),
                        RANDOMS.integers("b", -2, 3, Math.toIntExact(shapes[1].size())));
            }
        }
    }

    private void where() {
        for (DType dtype : List.of(DType.F32, DType.I32)) {
            for (Shape[] shapes : BROADCAST) {
                where(dtype, shapes[0], shapes[1], Shape.of());
                where(dtype, shapes[0], shapes[0], shapes[1]);
                where(dtype, Shape.of(1), shapes[1], shapes[0]);
            }
        }
        double[] infinite = {Double.NEGATIVE_INFINITY};
        add(
                "where",
                0,
                new Op.Where(),
                List.of(new TensorType(DType.I8, Shape.of(3)), TensorType.f32(3), TensorType.f32()),
                new double[] {0, 1, -1},
                new double[] {Double.NaN, 2, 3},
                infinite);
    }

    private void where(DType dtype, Shape mask, Shape a, Shape b) {
        TensorType left = new TensorType(dtype, a);
        TensorType right = new TensorType(dtype, b);
        add(
                "where",
                0,
                new Op.Where(),
                List.of(new TensorType(DType.I8, mask), left, right),
                RANDOMS.integers("mask", 0, 2, Math.toIntExact(mask.size())),
                values("a", left),
                values("b", right));
    }

    private void matmul() {
        int[][] sizes = {
            {1, 1, 1},
            {1, 200, 65},
            {2, 5, 13},
            {5, 13, 2},
            {13, 64, 63},
            {63, 65, 64},
            {65, 2, 200},
            {200, 63, 5},
            {64, 64, 64},
            {0, 3, 4},
            {3, 0, 4},
            {3, 4, 0}
        };
        for (int[] size : sizes) {
            for (int flags = 0; flags < 4; flags++) {
                matmul(size, (flags & 1) != 0, (flags & 2) != 0);
            }
        }
    }

    private void matmul(int[] size, boolean transposeA, boolean transposeB) {
        Shape a = transposeA ? Shape.of(size[1], size[0]) : Shape.of(size[0], size[1]);
        Shape b = transposeB ? Shape.of(size[2], size[1]) : Shape.of(size[1], size[2]);
        String group = "matmul transposeA=" + transposeA + " transposeB=" + transposeB;
        Op op = new Op.MatMul(transposeA, transposeB);
        add(group, Tolerance.REDUCTION, op, f32(a), f32(b));
        add(
                group,
                Tolerance.REDUCTION,
                op,
                f32(Shape.of(3).append(a.extents())),
                f32(Shape.of(3).append(b.extents())));
        add(group, Tolerance.REDUCTION, op, f32(Shape.of(2, 1).append(a.extents())), f32(b));
        add(group, Tolerance.REDUCTION, op, f32(a), f32(Shape.of(2).append(b.extents())));
        add(group, Tolerance.REDUCTION, op, f32(Shape.of(0).append(a.extents())), f32(b));
    }

    private void reductions() {
        for (int extent : EXTENTS) {
            for (int axis = 0; axis < 3; axis++) {
                alongAxis(Shape.of(2, 3, 5).with(axis, extent), axis);
            }
        }
        alongAxis(Shape.of(200), 0);
        alongAxis(Shape.of(3, 0, 2), 0);
        alongAxis(Shape.of(0, 3), 0);
        add("sum", 0, new Op.Sum(1), TensorType.f32(3, 0, 2));
        add("cumulative sum", 0, new Op.CumulativeSum(1, false), TensorType.f32(3, 0, 2));
        double hidden = Double.NEGATIVE_INFINITY;
        add("max", 0, new Op.Max(0), List.of(TensorType.f32(3)), new double[] {hidden, -5, hidden});
        add("argmax", 0, new Op.ArgMax(0), List.of(TensorType.f32(4)), new double[] {1, 3, 3, 2});
        add("argmax", 0, new Op.ArgMax(0), List.of(TensorType.f32(3)), new double[] {hidden, hidden, -5});
        double[] large =
                IntStream.range(0, 4096).mapToDouble(i -> 1 + 1e-3 * (i % 7)).toArray();
        add("sum", Tolerance.REDUCTION, new Op.Sum(0), List.of(TensorType.f32(4096)), large);
    }

    private void alongAxis(Shape shape, int axis) {
        add("sum", Tolerance.REDUCTION, new Op.Sum(axis), f32(shape));
        if (shape.extent(axis) > 0) {
            add("max", 0, new Op.Max(axis), f32(shape));
            add("argmax", 0, new Op.ArgMax(axis), f32(shape));
        }
        add("cumulative sum", Tolerance.REDUCTION, new Op.CumulativeSum(axis, false), f32(shape));
        add("cumulative sum", Tolerance.REDUCTION, new Op.CumulativeSum(axis, true), f32(shape));
    }

    private void broadcasts() {
        Shape[][] pairs = {
            {Shape.of(), Shape.of()},
            {Shape.of(), Shape.of(200)},
            {Shape.of(13), Shape.of(65, 13)},
            {Shape.of(5, 1), Shape.of(5, 63)},
            {Shape.of(1, 13), Shape.of(64, 13)},
            {Shape.of(1), Shape.of(3, 2, 65)},
            {Shape.of(2, 1, 3, 1), Shape.of(2, 5, 3, 13)},
            {Shape.of(2, 2, 1, 5), Shape.of(2, 2, 3, 5)},
            {Shape.of(3, 1, 1), Shape.of(3, 2, 65)},
            {Shape.of(1, 3), Shape.of(0, 3)},
            {Shape.of(), Shape.of(2, 0)}
        };
        for (Shape[] pair : pairs) {
            add("sum to", Tolerance.REDUCTION, new Op.SumTo(pair[0]), f32(pair[1]));
            for (DType dtype : STORAGE) {
                add("broadcast to", 0, new Op.BroadcastTo(pair[1]), new TensorType(dtype, pair[0]));
            }
        }
    }

    private void moves() {
        for (DType dtype : STORAGE) {
            permutes(dtype);
            for (int extent : EXTENTS) {
                for (int axis = 0; axis < 3; axis++) {
                    cuts(new TensorType(dtype, Shape.of(2, 3, 5).with(axis, extent)), axis);
                }
            }
        }
    }

    private void permutes(DType dtype) {
        int[][] orders = {
            {1, 0},
            {0, 2, 1},
            {2, 0, 1},
            {1, 2, 0},
            {2, 1, 0},
            {1, 0, 2},
            {0, 2, 1, 3},
            {3, 1, 0, 2},
            {0, 1, 3, 2},
            {4, 2, 0, 3, 1},
            {0, 1}
        };
        int[] extents = {5, 13, 2, 3, 4};
        for (int[] order : orders) {
            List<Integer> boxed = Arrays.stream(order).boxed().toList();
            Shape shape = Shape.of(extents).sub(0, order.length);
            add("permute", 0, new Op.Permute(boxed), new TensorType(dtype, shape));
            add("permute", 0, new Op.Permute(boxed), new TensorType(dtype, shape.with(1, 65)));
            add("permute", 0, new Op.Permute(boxed), new TensorType(dtype, shape.with(0, 0)));
        }
    }

    private void cuts(TensorType type, int axis) {
        int extent = type.shape().extent(axis);
        add("slice", 0, new Op.Slice(axis, extent / 3, extent - extent / 4), type);
        add("slice", 0, new Op.Slice(axis, extent, extent), type);
        add("pad", 0, new Op.Pad(axis, 2, 1), type);
        add("pad", 0, new Op.Pad(axis, 0, 3), type);
        TensorType other = type.with(type.shape().with(axis, 3));
        TensorType none = type.with(type.shape().with(axis, 0));
        add("concat", 0, new Op.Concat(axis), type, other);
        add("concat", 0, new Op.Concat(axis), none, other, type, none);
    }

    private void triangles() {
        for (int diagonal : new int[] {-70, -3, -1, 0, 1, 5, 70}) {
            add("lower triangle", 0, new Op.LowerTriangle(diagonal), TensorType.f32(5, 5));
            add("lower triangle", 0, new Op.LowerTriangle(diagonal), TensorType.f32(2, 3, 63, 65));
            add("lower triangle", 0, new Op.LowerTriangle(diagonal), TensorType.f32(2, 65, 13));
            add("lower triangle", 0, new Op.LowerTriangle(diagonal), TensorType.f32(2, 0, 5));
        }
    }

    private void gathers() {
        Shape[] indexShapes = {Shape.of(), Shape.of(1), Shape.of(65), Shape.of(2, 5), Shape.of(0), Shape.of(3, 1, 2)};
        Shape[] rows = {Shape.of(), Shape.of(1), Shape.of(63), Shape.of(3, 5)};
        for (Shape indices : indexShapes) {
            TensorType index = new TensorType(DType.I32, indices);
            double[] chosen = RANDOMS.integers("gather", 0, 13, Math.toIntExact(indices.size()));
            for (Shape row : rows) {
                for (DType dtype : STORAGE) {
                    TensorType table = new TensorType(dtype, Shape.of(13).append(row.extents()));
                    add("gather", 0, new Op.Gather(), List.of(table, index), values("table", table), chosen);
                }
                TensorType added = f32(indices.append(row.extents()));
                add(
                        "scatter add",
                        Tolerance.REDUCTION,
                        new Op.ScatterAdd(13),
                        List.of(index, added),
                        chosen,
                        values("added", added));
            }
        }
    }

    private void casts() {
        for (DType from : STORAGE) {
            for (DType to : STORAGE) {
                for (int extent : EXTENTS) {
                    add("cast", 0, new Op.Cast(to), new TensorType(from, Shape.of(extent)));
                }
                add("cast", 0, new Op.Cast(to), new TensorType(from, Shape.of(0)));
            }
        }
        double[] halves = {
            1 + 0x1p-8, 1 + 3 * 0x1p-8, -1 - 0x1p-8, 1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504, 1e-7, 1e30, -1e30, 0
        };
        add("cast", 0, new Op.Cast(DType.BF16), List.of(TensorType.f32(halves.length)), halves);
        add("cast", 0, new Op.Cast(DType.F16), List.of(TensorType.f32(halves.length)), halves);
        double[] fractions = {0.5, 1.5, 2.5, -0.5, -1.5, 2.7, -2.7, 100.99};
        add("cast", 0, new Op.Cast(DType.I32), List.of(TensorType.f32(fractions.length)), fractions);
        add("cast", 0, new Op.Cast(DType.I8), List.of(TensorType.f32(fractions.length)), fractions);
    }
}
