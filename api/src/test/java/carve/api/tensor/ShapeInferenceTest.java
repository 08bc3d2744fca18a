package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The types of results, and whole messages where operands do not fit. */
final class ShapeInferenceTest {
    private static final TensorType INDICES = new TensorType(DType.I32, Shape.of(2, 3));

    private static void gives(TensorType expected, Op op, TensorType... operands) {
        assertEquals(expected, ShapeInference.of(op, List.of(operands)));
    }

    private static void refuses(String message, Op op, TensorType... operands) {
        assertEquals(
                message,
                assertThrows(ShapeException.class, () -> ShapeInference.of(op, List.of(operands)))
                        .getMessage());
    }

    private static TensorType f32(int... extents) {
        return TensorType.f32(extents);
    }

    @Test
    void operandsAreBroadcast() {
        Op add = new Op.Binary(BinaryFunction.ADD);
        gives(f32(2, 3, 5), add, f32(2, 1, 5), f32(3, 1));
        gives(f32(0, 3), add, f32(0, 1), f32(3));
        gives(new TensorType(DType.I8, Shape.of(3)), new Op.Compare(Op.Comparison.LESS), f32(3), f32());
        refuses("Binary[function=ADD]: (2, 3) and (2) cannot be broadcast to each other", add, f32(2, 3), f32(2));
        refuses(
                "Binary[function=ADD]: operands of one type expected, found [F32 (2), I32 (2, 3)]; cast one of them",
                add,
                f32(2),
                INDICES);
    }

    @Test
    void quantisedRowsMoveAsAWhole() {
        TensorType table = new TensorType(DType.Q8_0, Shape.of(5, 64));
        gives(new TensorType(DType.Q8_0, Shape.of(2, 3, 64)), new Op.Gather(), table, INDICES);
        gives(new TensorType(DType.Q8_0, Shape.of(2, 64)), new Op.Slice(0, 1, 3), table);
        gives(new TensorType(DType.Q8_0, Shape.of(10, 64)), new Op.Concat(0), table, table);
        gives(new TensorType(DType.Q8_0, Shape.of(10, 32)), new Op.Reshape(Shape.of(10, 32)), table);
        gives(f32(5, 64), new Op.Cast(DType.F32), table);
        gives(table, new Op.Cast(DType.Q8_0), f32(5, 64));
        refuses(
                "Slice[axis=1, from=0, to=32]: [Q8_0 (5, 64)] lie in blocks that can only be moved by whole rows; cast to F32"
                        + " first",
                new Op.Slice(1, 0, 32),
                table);
        refuses(
                "Unary[function=EXP]: [Q8_0 (5, 64)] lie in blocks that can only be moved by whole rows; cast to F32 first",
                new Op.Unary(UnaryFunction.EXP),
                table);
        refuses(
                "Q8_0 (20, 16): rows lie in blocks, the last extent must be a multiple of 32",
                new Op.Reshape(Shape.of(20, 16)),
                table);
    }

    @Test
    void functionsWantFloatingPoint() {
        refuses(
                "Unary[function=EXP]: floating-point operand expected, found I32 (2, 3)",
                new Op.Unary(UnaryFunction.EXP),
                INDICES);
    }

    @Test
    void matricesMultiply() {
        gives(f32(2, 3, 5), new Op.MatMul(false, false), f32(2, 3, 4), f32(2, 4, 5));
        gives(f32(2, 3, 5), new Op.MatMul(true, true), f32(2, 4, 3), f32(2, 5, 4));
        gives(f32(2, 3, 5), new Op.MatMul(false, true), f32(2, 3, 4), f32(5, 4));
        gives(f32(7, 2, 3, 5), new Op.MatMul(false, false), f32(3, 4), f32(7, 2, 4, 5));
        refuses(
                "matmul: inner extents differ, (2, 3, 4) x (2, 5, 6) (transposeA=false, transposeB=false)",
                new Op.MatMul(false, false),
                f32(2, 3, 4),
                f32(2, 5, 6));
        refuses(
                "matmul: leading extents differ, (2, 3, 4) x (3, 4, 5) (transposeA=false, transposeB=false)",
                new Op.MatMul(false, false),
                f32(2, 3, 4),
                f32(3, 4, 5));
        refuses(
                "matmul: matrices expected, (4) x (4, 5) (transposeA=false, transposeB=false)",
                new Op.MatMul(false, false),
                f32(4),
                f32(4, 5));
    }

    @Test
    void axesAreReduced() {
        gives(f32(2, 1, 5), new Op.Sum(1), f32(2, 3, 5));
        gives(new TensorType(DType.I32, Shape.of(2, 1)), new Op.ArgMax(1), f32(2, 3));
        gives(f32(3, 1), new Op.SumTo(Shape.of(3, 1)), f32(2, 3, 5));
        refuses("SumTo: (2, 5) cannot be broadcast to (2, 3, 5)", new Op.SumTo(Shape.of(2, 5)), f32(2, 3, 5));
        refuses("BroadcastTo: (2) cannot be broadcast to (3)", new Op.BroadcastTo(Shape.of(3)), f32(2));
    }

    @Test
    void partsAreCutAndJoined() {
        gives(f32(2, 2), new Op.Slice(1, 1, 3), f32(2, 5));
        gives(f32(2, 8), new Op.Pad(1, 1, 2), f32(2, 5));
        gives(f32(2, 8), new Op.Concat(1), f32(2, 5), f32(2, 3));
        gives(f32(5, 2, 3), new Op.Permute(List.of(2, 0, 1)), f32(2, 3, 5));
        refuses("slice: 1 to 6 of axis 1 does not lie in (2, 5)", new Op.Slice(1, 1, 6), f32(2, 5));
        refuses("concat: along axis 1, (3, 5) does not fit (2, 5)", new Op.Concat(1), f32(2, 5), f32(3, 5));
        refuses("permute: [0, 0] is not an order of the axes of (2, 5)", new Op.Permute(List.of(0, 0)), f32(2, 5));
        refuses("permute: [0] has not the rank of (2, 5)", new Op.Permute(List.of(0)), f32(2, 5));
        refuses("reshape: (2, 5) has not as many elements as (3, 4)", new Op.Reshape(Shape.of(3, 4)), f32(2, 5));
        refuses("lower-triangle: rank 2 or more expected, found (5)", new Op.LowerTriangle(0), f32(5));
    }

    @Test
    void rowsAreGatheredAndScattered() {
        gives(f32(2, 3, 4), new Op.Gather(), f32(7, 4), INDICES);
        gives(f32(2, 3), new Op.Gather(), f32(7), INDICES);
        gives(f32(7, 4), new Op.ScatterAdd(7), INDICES, f32(2, 3, 4));
        refuses(
                "gather: a table and I32 indices expected, found [F32 (7, 4), F32 (2)]",
                new Op.Gather(),
                f32(7, 4),
                f32(2));
        refuses(
                "scatter-add: I32 indices and a row for each expected, found [I32 (2, 3), F32 (3, 2)]",
                new Op.ScatterAdd(7),
                INDICES,
                f32(3, 2));
    }

    @Test
    void stridesFollowTheShape() {
        assertArrayEquals(new long[] {15, 5, 1}, ShapeInference.strides(Shape.of(2, 3, 5)));
        assertArrayEquals(new long[] {0, 1, 0}, ShapeInference.broadcastStrides(Shape.of(3, 1), Shape.of(2, 3, 5)));
    }
}
