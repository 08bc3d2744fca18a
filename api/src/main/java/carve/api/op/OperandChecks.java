package carve.api.op;

import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
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
}
