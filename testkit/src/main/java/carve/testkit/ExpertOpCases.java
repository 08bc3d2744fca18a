package carve.testkit;

import static carve.testkit.FusedOpCaseBuilder.RANDOMS;
import static carve.testkit.FusedOpCaseBuilder.constant;
import static carve.testkit.FusedOpCaseBuilder.name;
import static carve.testkit.FusedOpCaseBuilder.normal;
import static carve.testkit.FusedOpCaseBuilder.uniform;

import carve.api.op.ClampedSwiGlu;
import carve.api.op.GroupedLinear;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.testkit.FusedOpCase.Operand;
import java.util.List;

/** Cases of the ops of mixtures of experts. */
final class ExpertOpCases {
    private ExpertOpCases() {}

    // some experts have many rows, one has none where there are 5
    private static Operand experts(int count, int rows, int choices) {
        TensorType type = new TensorType(DType.I32, Shape.of(rows, choices));
        return new Operand("experts", type, RANDOMS.integers("experts", 0, Math.min(4, count), rows * choices), false);
    }

    static void groupedLinear(FusedOpCaseBuilder to, int rows) {
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
            to.add(
                    name(rows, dtype),
                    new GroupedLinear(),
                    Tolerance.REDUCTION,
                    normal("x", rows, 65),
                    experts(5, rows, 2),
                    normal("weight", dtype, 5, 13, 65));
            to.add(
                    name(rows, dtype, "bias"),
                    new GroupedLinear(),
                    Tolerance.REDUCTION,
                    normal("x", rows, 24),
                    experts(3, rows, 1),
                    normal("weight", dtype, 3, 63, 24),
                    normal("bias", dtype, 3, 63));
        }
        for (DType dtype : QuantisedTypes.all()) {
            int width = Math.max(96, dtype.blockElements());
            to.add(
                    name(rows, dtype),
                    new GroupedLinear(),
                    Tolerance.REDUCTION,
                    normal("x", rows, width),
                    experts(5, rows, 3),
                    constant(normal("weight", dtype, 5, 23, width)),
                    normal("bias", 5, 23));
        }
    }

    static void topKRouting(FusedOpCaseBuilder to, int rows) {
        for (Scoring scoring : Scoring.values()) {
            for (boolean normalized : new boolean[] {false, true}) {
                to.add(
                        name(rows, scoring, normalized),
                        new TopKRouting(3, scoring, normalized),
                        Tolerance.REDUCTION,
                        normal("logits", rows, 13));
            }
        }
        to.add(
                name(rows, "correction"),
                new TopKRouting(2, Scoring.SIGMOID, true, 2.5, 1, 1, 1),
                Tolerance.REDUCTION,
                normal("logits", rows, 5),
                constant(normal("correction", 5)));
        for (int scoresPerGroup : new int[] {1, 2}) {
            to.add(
                    name(rows, "groups", scoresPerGroup),
                    new TopKRouting(4, Scoring.SIGMOID, true, 1.5, 4, 2, scoresPerGroup),
                    Tolerance.REDUCTION,
                    normal("logits", rows, 64),
                    constant(normal("correction", 64)));
        }
        to.add(
                name(rows, "all experts"),
                new TopKRouting(4, Scoring.SOFTMAX, true),
                Tolerance.REDUCTION,
                normal("logits", rows, 4));
        // many that are equal, so that their order counts
        Operand equal = constant(uniform("equal", 0, 3, rows, 32));
        for (int i = 0; i < equal.values().length; i++) {
            equal.values()[i] = Math.floor(equal.values()[i]);
        }
        to.add(name(rows, "equal logits"), new TopKRouting(6, Scoring.SOFTMAX, true), Tolerance.REDUCTION, equal);
    }

    static void clampedSwiGlu(FusedOpCaseBuilder to, int positions) {
        to.add(
                name(positions),
                new ClampedSwiGlu(1.702, 1.2), // no value is so near the limit that a difference crosses it
                Tolerance.ELEMENTWISE,
                normal("a", 2, positions, 13),
                normal("b", 2, positions, 13));
    }
}
