package carve.api.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of the operand checks of fused ops, and of sequence layouts. */
final class OperandChecksTest {
    private static void refuses(String message, FusedOp op, TensorType... operands) {
        assertEquals(
                message,
                assertThrows(ShapeException.class, () -> op.results(List.of(operands)))
                        .getMessage());
    }

    private static TensorType f32(int... extents) {
        return TensorType.f32(extents);
    }

    @Test
    void operandsThatDoNotFitAreNamed() {
        refuses(
                "linear: x (..., K), weight (N, K) and bias (N) expected, found [F32 (2, 3), F32 (4, 5)]",
                new Linear(),
                f32(2, 3),
                f32(4, 5));
        refuses("linear: 2 to 3 operands expected, found 1", new Linear(), f32(2, 3));
        refuses(
                "rms-norm: x (..., D) and a weight of the shape of its last axes expected, found [F32 (2, 3), F32 (2)]",
                new RmsNorm(1e-5),
                f32(2, 3),
                f32(2));
        refuses("swiglu: two operands of one type expected, found [F32 (2), F32 (3)]", new SwiGlu(), f32(2), f32(3));
        refuses(
                "cross-entropy: logits (M, V) and I32 targets (M) expected, found [F32 (2, 3), F32 (2)]",
                new CrossEntropy(),
                f32(2, 3),
                f32(2));
        refuses(
                "rope: x (B, T, H, K), cos and sin (T, R/2) with R <= K expected, found [F32 (1, 2, 3, 4), F32 (2, 3), "
                        + "F32 (2, 3)]",
                new Rope(),
                f32(1, 2, 3, 4),
                f32(2, 3),
                f32(2, 3));
    }

    @Test
    void groupsDivideHeads() {
        SequenceLayout whole = SequenceLayout.unpadded(1, 2);
        DecayScan scan = new DecayScan(whole);
        List<TensorType> results = scan.results(List.of(
                f32(1, 2, 2, 3), f32(1, 2, 4, 3), f32(1, 2, 1, 5), f32(1, 2, 4), f32(1, 2, 4), f32(1, 4, 5, 3)));
        assertEquals(List.of(f32(1, 2, 4, 5), f32(1, 4, 5, 3)), results);
        assertThrows(
                ShapeException.class,
                () -> scan.results(List.of(
                        f32(1, 2, 3, 3),
                        f32(1, 2, 4, 3),
                        f32(1, 2, 1, 5),
                        f32(1, 2, 4),
                        f32(1, 2, 4),
                        f32(1, 4, 5, 3))),
                "3 groups, 4 heads");
        SoftmaxAttention attention = new SoftmaxAttention(1, true, 2, whole);
        TensorType cache = new TensorType(DType.BF16, Shape.of(1, 9, 2, 3));
        assertEquals(List.of(f32(1, 2, 4, 3)), attention.results(List.of(f32(1, 2, 4, 3), cache, cache)));
        assertThrows(ShapeException.class, () -> attention.results(List.of(f32(1, 2, 3, 3), cache, cache)));
        assertEquals(List.of(f32(1, 2, 4, 3)), attention.results(List.of(f32(1, 2, 4, 3), cache, cache, f32(4))));
        assertThrows(
                ShapeException.class,
                () -> attention.results(List.of(f32(1, 2, 4, 3), cache, cache, f32(2))),
                "a sink for each of 4 heads");
    }

    @Test
    void keysCoverTheQueries() {
        assertThrows(ShapeException.class, () -> new SoftmaxAttention(1, true, 1, SequenceLayout.unpadded(1, 2)));
        assertThrows(ShapeException.class, () -> new SoftmaxAttention(1, true, 9, SequenceLayout.packed(0, 1, 2)));
        assertEquals(
                "softmax-attention: a window needs causal attention and at least 1 position, 0 is none; window=3, causal=false",
                assertThrows(
                                ShapeException.class,
                                () -> new SoftmaxAttention(1, false, 3, 0, 2, SequenceLayout.unpadded(1, 2)))
                        .getMessage());
        assertEquals(
                "softmax-attention: the soft cap must be finite and positive, or 0 for none; softCap=-1.0",
                assertThrows(
                                ShapeException.class,
                                () -> new SoftmaxAttention(1, true, 3, -1, 2, SequenceLayout.unpadded(1, 2)))
                        .getMessage());
        assertEquals(1, new SoftmaxAttention(1, false, 1, SequenceLayout.unpadded(1, 2)).keys());
    }

    @Test
    void sequencesCountTheirPositions() {
        SequenceLayout packed = SequenceLayout.packed(0, 3, 4, 9);
        assertEquals(3, packed.count());
        assertEquals(5, packed.maxLength());
        assertEquals(9, packed.positions());
        assertArrayEquals(new int[] {0, 1, 2, 0, 0, 1, 2, 3, 4}, packed.positionIds());
        SequenceLayout padded = SequenceLayout.padded(3, 3, 0);
        assertEquals(2, padded.count());
        assertArrayEquals(new int[] {0, 1, 2}, padded.positionIds());
    }

    @Test
    void sequencesThatDoNotFitAreRefused() {
        assertEquals(
                "sequences: offsets must grow from 0 to 3, offsets=[0, 2, 2, 3]",
                assertThrows(ShapeException.class, () -> SequenceLayout.packed(0, 2, 2, 3))
                        .getMessage());
        assertEquals(
                "sequences: one length from 0 to 3 for each of 2 rows expected, lengths=[3, 4]",
                assertThrows(ShapeException.class, () -> SequenceLayout.padded(3, 3, 4))
                        .getMessage());
    }
}
