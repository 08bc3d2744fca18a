package carve.api.op;

import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;

/** Checks of the operands of fused ops, and parts that several definitions share. */
final class OperandChecks {
    private OperandChecks() {}

    static void count(String op, List<TensorType> operands, int least, int most) {
        if (operands.size() < least || operands.size() > most) {
            throw new ShapeException(
                    "%s: %d to %d operands expected, found %d".formatted(op, least, most, operands.size()));
        }
    }

    static void require(boolean condition, String op, String expected, List<TensorType> operands) {
        if (!condition) {
            throw new ShapeException("%s: %s expected, found %s".formatted(op, expected, operands));
        }
    }

    /** As the other, for rows that are divided so; the message is made only where it is needed. */
    static void require(
            boolean condition, String op, String expected, SequenceLayout sequenceLayout, List<TensorType> operands) {
        if (!condition) {
            require(false, op, expected + " for " + sequenceLayout, operands);
        }
    }

    static Shape shape(List<TensorType> operands, int index) {
        return operands.get(index).shape();
    }

    /** Returns (B, T, G, N) as (B, T, H, N): each head repeated H / G times in place. */
    static Tensor repeatHeads(Tensor x, int heads) {
        int groups = x.extent(2);
        if (groups == heads) {
            return x;
        }
        int repeat = heads / groups;
        int width = x.extent(3);
        return x.reshape(x.extent(0), x.extent(1), groups, 1, width)
                .broadcastTo(Shape.of(x.extent(0), x.extent(1), groups, repeat, width))
                .reshape(x.extent(0), x.extent(1), heads, width);
    }

    /** Returns (B, T, H, N) as (B, H, T, N). */
    static Tensor byHead(Tensor x) {
        return x.permute(0, 2, 1, 3);
    }
}
