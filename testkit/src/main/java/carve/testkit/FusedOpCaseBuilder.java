package carve.testkit;

import carve.api.op.SequenceLayout;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.testkit.FusedOpCase.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A builder of cases and their operands, with the same values every time. */
final class FusedOpCaseBuilder {
    static final RandomTensors RANDOMS = RandomTensors.seeded();

    private final List<FusedOpCase> cases = new ArrayList<>();

    /** Returns the cases. */
    List<FusedOpCase> cases() {
        return cases;
    }

    void add(String name, FusedOp op, double ratio, Operand... operands) {
        cases.add(new FusedOpCase(name, op, List.of(operands), ratio));
    }

    static Operand normal(String name, DType dtype, int... extents) {
        TensorType type = new TensorType(dtype, Shape.of(extents));
        return new Operand(name, type, RANDOMS.normals(name, size(type)), true);
    }

    static Operand normal(String name, int... extents) {
        return normal(name, DType.F32, extents);
    }

    static Operand uniform(String name, double low, double high, int... extents) {
        TensorType type = TensorType.f32(extents);
        return new Operand(name, type, RANDOMS.uniforms(name, low, high, size(type)), true);
    }

    static Operand constant(Operand operand) {
        return new Operand(operand.name(), operand.type(), operand.values(), false);
    }

    static int size(TensorType type) {
        return Math.toIntExact(type.shape().size());
    }

    /**
     * Returns the layouts: whole rows, rows padded at their end (one of them wholly), and one row of packed sequences,
     * one of them short.
     */
    static List<SequenceLayout> sequences(int positions) {
        List<SequenceLayout> all = new ArrayList<>(List.of(
                SequenceLayout.unpadded(2, positions), SequenceLayout.padded(positions, positions, positions / 2, 0)));
        if (positions > 1) {
            all.add(SequenceLayout.packed(0, 1, positions));
        }
        if (positions > 63) {
            all.add(SequenceLayout.packed(0, 3, positions - 2, positions));
        }
        return all;
    }

    static String name(int positions, Object... rest) {
        return "T=" + positions + " " + Arrays.toString(rest);
    }
}
