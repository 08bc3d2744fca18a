package carve.api.tensor;

import java.util.List;

/**
 * A primitive operation on tensors: a record of its attributes, without its operands.
 *
 * <p>The type is sealed so that three switches over it are exhaustive: {@link ShapeInference} gives the type of a result, {@link
 * Gradients} the gradients of the operands, and a device's {@code execute} the values. A primitive without a gradient,
 * or a device that forgot one, does not compile. Everything else is a {@link FusedOp} with a definition in primitives.
 */
public sealed interface Op {
    /** An elementwise function of one floating-point operand; the result has the operand's shape. */
    record Unary(UnaryFunction function) implements Op {}

    /** An elementwise function of two F32 or I32 operands, which are broadcast to each other as in NumPy. */
    record Binary(BinaryFunction function) implements Op {}

    /** An elementwise comparison of two operands of one type, broadcast to each other; the result is I8, 0 or 1. */
    record Compare(Comparison comparison) implements Op {}

    /** {@code mask != 0 ? a : b} of operands (mask I8, a, b), all broadcast to one shape. */
    record Where() implements Op {}

    /**
     * Products of matrices in the last two axes; leading axes are equal, or one of the operands has rank 2 and serves
     * every batch. Accumulates in F32 or wider.
     *
     * @param transposeA whether the first operand is {@code (..., K, M)} rather than {@code (..., M, K)}
     * @param transposeB whether the second operand is {@code (..., N, K)} rather than {@code (..., K, N)}
     */
    record MatMul(boolean transposeA, boolean transposeB) implements Op {}

    /** The sum along one axis, which stays with extent 1. */
    record Sum(int axis) implements Op {}

    /** The greatest value along one axis, which stays with extent 1. */
    record Max(int axis) implements Op {}

    /** The I32 index of the first greatest value along one axis, which stays with extent 1. */
    record ArgMax(int axis) implements Op {}

    /** The sum over all axes along which a tensor of this shape was broadcast; the adjoint of {@link BroadcastTo}. */
    record SumTo(Shape shape) implements Op {}

    /** The operand repeated along axes of extent 1 and along missing leading axes. */
    record BroadcastTo(Shape shape) implements Op {}

    /** The same values in the same order with other extents; the buffer is shared. */
    record Reshape(Shape shape) implements Op {}

    /** The operand with its axes in another order: axis {@code i} of the result is axis {@code order.get(i)}. */
    record Permute(List<Integer> order) implements Op {
        /** Copies the order. */
        public Permute {
            order = List.copyOf(order);
        }
    }

    /** The part {@code from <= index < to} of one axis. */
    record Slice(int axis, int from, int to) implements Op {}

    /** The operand with zeros before and after it along one axis; the adjoint of {@link Slice}. */
    record Pad(int axis, int before, int after) implements Op {}

    /** All operands one after the other along one axis. */
    record Concat(int axis) implements Op {}

    /** The inclusive cumulative sum along one axis, from its end if reversed. */
    record CumulativeSum(int axis, boolean reverse) implements Op {}

    /** The operand with zeros where, in the last two axes, {@code column > row + diagonal}. */
    record LowerTriangle(int diagonal) implements Op {}

    /** The rows of a table (R, ...) that an I32 operand of any shape names: shape of indices, then of a row. */
    record Gather() implements Op {}

    /**
     * Rows added up by I32 index into a table of zeros with this many rows, of operands (indices, rows); the adjoint
     * of {@link Gather}.
     */
    record ScatterAdd(int rows) implements Op {}

    /** The operand in another storage type: rounded to nearest even, or towards zero where that holds integers. */
    record Cast(DType dtype) implements Op {}

    /** Elementwise functions of one operand. */
    enum UnaryFunction {
        /** Minus x. */
        NEGATE,
        /** The absolute value. */
        ABS,
        /** e to the x. */
        EXP,
        /** The natural logarithm. */
        LOG,
        /** The natural logarithm of 1 + x. */
        LOG1P,
        /** The square root. */
        SQRT,
        /** One over x. */
        RECIPROCAL,
        /** The sine. */
        SIN,
        /** The cosine. */
        COS,
        /** The hyperbolic tangent. */
        TANH,
        /** The error function. */
        ERF,
        /** {@code 1 / (1 + exp(-x))}. */
        SIGMOID,
        /** {@code x * sigmoid(x)}. */
        SILU,
        /** {@code max(x, 0) + log1p(exp(-|x|))}. */
        SOFTPLUS
    }

    /** Elementwise functions of two operands. */
    enum BinaryFunction {
        /** a + b. */
        ADD,
        /** a - b. */
        SUBTRACT,
        /** a * b. */
        MULTIPLY,
        /** a / b. */
        DIVIDE,
        /** The greater of the two. */
        MAXIMUM,
        /** The lesser of the two. */
        MINIMUM
    }

    /** Elementwise comparisons. */
    enum Comparison {
        /** a = b. */
        EQUAL,
        /** a &lt; b. */
        LESS,
        /** a &lt;= b. */
        LESS_OR_EQUAL
    }
}
