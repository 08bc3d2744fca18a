package carve.api.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The types of the results of primitives: the first of the three switches over {@link Op}. */
public final class ShapeInference {
    private ShapeInference() {}

    /**
     * Returns the type of the result of an op on operands of these types. Quantised operands may be cast, reshaped, and moved
     * by whole rows: gathered, sliced and concatenated along another axis than the last.
     *
     * @throws ShapeException if they do not fit; the message names the op, the operands and what is wrong
     */
    public static TensorType of(Op op, List<TensorType> operands) {
        TensorType first = operands.getFirst();
        Shape shape = first.shape();
        refuseQuantised(op, operands);
        return switch (op) {
            case Op.Unary unary -> floating(op, first);
            case Op.Binary binary -> new TensorType(same(op, operands), broadcast(op, operands));
            case Op.Compare compare -> {
                same(op, operands);
                yield new TensorType(DType.I8, broadcast(op, operands));
            }
            case Op.Where where -> new TensorType(same(op, operands.subList(1, 3)), broadcast(op, operands));
            case Op.MatMul matmul -> matmul(matmul, operands);
            case Op.Sum sum -> first.with(shape.with(sum.axis(), 1));
            case Op.Max max -> first.with(shape.with(max.axis(), 1));
            case Op.ArgMax argMax -> new TensorType(DType.I32, shape.with(argMax.axis(), 1));
            case Op.SumTo sumTo -> {
                requireBroadcast(op, sumTo.shape(), shape);
                yield first.with(sumTo.shape());
            }
            case Op.BroadcastTo to -> {
                requireBroadcast(op, shape, to.shape());
                yield first.with(to.shape());
            }
            case Op.Reshape reshape -> {
                require(
                        reshape.shape().size() == shape.size(),
                        () -> "reshape: %s has not as many elements as %s".formatted(shape, reshape.shape()));
                yield first.with(reshape.shape());
            }
            case Op.Permute permute -> first.with(permuted(shape, permute.order()));
            case Op.Slice slice -> {
                int extent = shape.extent(slice.axis());
                require(
                        0 <= slice.from() && slice.from() <= slice.to() && slice.to() <= extent,
                        () -> "slice: %d to %d of axis %d does not lie in %s"
                                .formatted(slice.from(), slice.to(), slice.axis(), shape));
                yield first.with(shape.with(slice.axis(), slice.to() - slice.from()));
            }
            case Op.Pad pad ->
                first.with(shape.with(pad.axis(), shape.extent(pad.axis()) + pad.before() + pad.after()));
            case Op.Concat concat -> concat(concat, operands);
            case Op.CumulativeSum sum -> first.with(shape.with(sum.axis(), shape.extent(sum.axis())));
            case Op.LowerTriangle triangle -> {
                require(shape.rank() >= 2, () -> "lower-triangle: rank 2 or more expected, found " + shape);
                yield first;
            }
            case Op.Gather gather -> {
                require(
                        shape.rank() >= 1 && operands.get(1).dtype() == DType.I32,
                        () -> "gather: a table and I32 indices expected, found " + operands);
                Shape row = shape.sub(1, shape.rank());
                yield first.with(operands.get(1).shape().append(row.extents()));
            }
            case Op.ScatterAdd scatter -> {
                Shape rows = operands.get(1).shape();
                require(
                        first.dtype() == DType.I32
                                && rows.rank() >= shape.rank()
                                && rows.sub(0, shape.rank()).equals(shape),
                        () -> "scatter-add: I32 indices and a row for each expected, found " + operands);
                Shape row = rows.sub(shape.rank(), rows.rank());
                yield operands.get(1).with(Shape.of(scatter.rows()).append(row.extents()));
            }
            case Op.Cast cast -> first.with(cast.dtype());
        };
    }

    /**
     * Returns the shape that two shapes are broadcast to.
     *
     * @throws ShapeException if they cannot be
     */
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] result = new int[rank];
        for (int i = 0; i < rank; i++) {
            int x = i < rank - a.rank() ? 1 : a.extent(i - rank + a.rank());
            int y = i < rank - b.rank() ? 1 : b.extent(i - rank + b.rank());
            require(x == y || x == 1 || y == 1, () -> "%s and %s cannot be broadcast to each other".formatted(a, b));
            result[i] = x == 1 ? y : x;
        }
        return Shape.of(result);
    }

    private static TensorType matmul(Op.MatMul op, List<TensorType> operands) {
        Shape a = operands.get(0).shape();
        Shape b = operands.get(1).shape();
        DType dtype = same(op, operands);
        require(
                a.rank() >= 2 && b.rank() >= 2 && dtype.isFloating(),
                () -> describe(op, "matrices expected", operands));
        int rows = a.extent(op.transposeA() ? -1 : -2);
        int inner = a.extent(op.transposeA() ? -2 : -1);
        int columns = b.extent(op.transposeB() ? -2 : -1);
        require(inner == b.extent(op.transposeB() ? -1 : -2), () -> describe(op, "inner extents differ", operands));
        Shape batch = a.rank() > b.rank() || b.rank() == 2 ? a.sub(0, a.rank() - 2) : b.sub(0, b.rank() - 2);
        boolean fits = a.rank() == 2 || b.rank() == 2 || a.sub(0, a.rank() - 2).equals(b.sub(0, b.rank() - 2));
        require(fits, () -> describe(op, "leading extents differ", operands));
        return new TensorType(dtype, batch.append(rows, columns));
    }

    private static String describe(Op.MatMul op, String problem, List<TensorType> operands) {
        return "matmul: %s, %s x %s (transposeA=%s, transposeB=%s)"
                .formatted(problem, operands.get(0).shape(), operands.get(1).shape(), op.transposeA(), op.transposeB());
    }

    private static TensorType concat(Op.Concat op, List<TensorType> operands) {
        DType dtype = same(op, operands);
        Shape first = operands.getFirst().shape();
        int extent = 0;
        for (TensorType operand : operands) {
            boolean fits = operand.shape().rank() == first.rank()
                    && operand.shape().with(op.axis(), 0).equals(first.with(op.axis(), 0));
            require(
                    fits,
                    () -> "concat: along axis %d, %s does not fit %s".formatted(op.axis(), operand.shape(), first));
            extent += operand.shape().extent(op.axis());
        }
        return new TensorType(dtype, first.with(op.axis(), extent));
    }

    private static Shape permuted(Shape shape, List<Integer> order) {
        int[] result = new int[order.size()];
        boolean[] seen = new boolean[shape.rank()];
        require(order.size() == shape.rank(), () -> "permute: %s has not the rank of %s".formatted(order, shape));
        for (int i = 0; i < result.length; i++) {
            int axis = order.get(i);
            require(
                    axis >= 0 && axis < seen.length && !seen[axis],
                    () -> "permute: %s is not an order of the axes of %s".formatted(order, shape));
            seen[axis] = true;
            result[i] = shape.extent(axis);
        }
        return Shape.of(result);
    }

    private static void refuseQuantised(Op op, List<TensorType> operands) {
        if (operands.stream().noneMatch(type -> type.dtype().isQuantised())) {
            return;
        }
        int last = operands.getFirst().shape().rank() - 1;
        boolean moves = switch (op) {
            case Op.Cast cast -> true;
            case Op.Reshape reshape -> true;
            case Op.Gather gather -> last > 0;
            case Op.Slice slice -> slice.axis() < last;
            case Op.Concat concat -> concat.axis() < last;
            default -> false;
        };
        require(
                moves,
                () -> "%s: %s lie in blocks that can only be moved by whole rows; cast to F32 first"
                        .formatted(op, operands));
    }

    private static TensorType floating(Op op, TensorType type) {
        require(type.dtype().isFloating(), () -> "%s: floating-point operand expected, found %s".formatted(op, type));
        return type;
    }

    private static DType same(Op op, List<TensorType> operands) {
        DType dtype = operands.getFirst().dtype();
        for (TensorType operand : operands) {
            require(
                    operand.dtype() == dtype,
                    () -> "%s: operands of one type expected, found %s; cast one of them".formatted(op, operands));
        }
        return dtype;
    }

    private static Shape broadcast(Op op, List<TensorType> operands) {
        Shape result = Shape.of();
        for (TensorType operand : operands) {
            try {
                result = broadcast(result, operand.shape());
            } catch (ShapeException e) {
                throw new ShapeException("%s: %s".formatted(op, e.getMessage()));
            }
        }
        return result;
    }

    private static void requireBroadcast(Op op, Shape small, Shape large) {
        require(
                fits(small, large),
                () -> "%s: %s cannot be broadcast to %s".formatted(op.getClass().getSimpleName(), small, large));
    }

    private static boolean fits(Shape small, Shape large) {
        int missing = large.rank() - small.rank();
        boolean fits = missing >= 0;
        for (int i = 0; fits && i < small.rank(); i++) {
            fits = small.extent(i) == 1 || small.extent(i) == large.extent(i + missing);
        }
        return fits;
    }

    private static void require(boolean condition, Supplier<String> message) {
        if (!condition) {
            throw new ShapeException(message.get());
        }
    }

    /** Returns strides in elements for reading a tensor of a shape as if it were broadcast to another. */
    public static long[] broadcastStrides(Shape shape, Shape to) {
        long[] strides = new long[to.rank()];
        long stride = 1;
        for (int i = shape.rank() - 1; i >= 0; i--) {
            strides[i + to.rank() - shape.rank()] = shape.extent(i) == 1 ? 0 : stride;
            stride *= shape.extent(i);
        }
        return strides;
    }

    /** Returns the strides in elements of a dense, row-major tensor. */
    public static long[] strides(Shape shape) {
        long[] strides = new long[shape.rank()];
        Arrays.fill(strides, 1);
        for (int i = shape.rank() - 2; i >= 0; i--) {
            strides[i] = strides[i + 1] * shape.extent(i + 1);
        }
        return strides;
    }
}
