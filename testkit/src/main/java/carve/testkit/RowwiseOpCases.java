package carve.testkit;

import static carve.testkit.FusedOpCaseBuilder.RANDOMS;
import static carve.testkit.FusedOpCaseBuilder.constant;
import static carve.testkit.FusedOpCaseBuilder.name;
import static carve.testkit.FusedOpCaseBuilder.normal;
import static carve.testkit.FusedOpCaseBuilder.uniform;

import carve.api.op.AdamW;
import carve.api.op.CrossEntropy;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Gelu;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SampleToken;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.testkit.FusedOpCase.Operand;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Cases of ops that treat rows alike: norms, rotation, products, losses, choices, steps of the optimizer. */
final class RowwiseOpCases {
    private RowwiseOpCases() {}

    static void rmsNorm(FusedOpCaseBuilder to, int positions) {
        for (int width : new int[] {64, 1, 5, 65, 200}) {
            to.add(
                    name(positions, width),
                    new RmsNorm(1e-5),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, width),
                    normal("weight", width));
        }
        to.add(
                name(positions, "per head"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 3, 13),
                normal("weight", 3, 13));
        to.add(
                name(positions, "one weight for all heads, offset"),
                new RmsNorm(1e-5, 1),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 3, 13),
                normal("weight", 13));
        to.add(
                name(positions, "BF16, offset"),
                new RmsNorm(1e-5, 1),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 65),
                normal("weight", DType.BF16, 65));
        to.add(name(positions, "no weight"), new RmsNorm(1e-5), Tolerance.REDUCTION, normal("x", 2, positions, 65));
        to.add(
                name(positions, "BF16"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 65),
                normal("weight", DType.BF16, 65));
        to.add(
                name(positions, "zeros"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                uniform("x", 0, 0, positions, 13),
                normal("weight", 13));
    }

    static void gatedRmsNorm(FusedOpCaseBuilder to, int positions) {
        for (boolean gateFirst : new boolean[] {false, true}) {
            to.add(
                    name(positions, gateFirst),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 65),
                    normal("gate", 2, positions, 65),
                    normal("weight", 65));
            to.add(
                    name(positions, gateFirst, "per head"),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 3, 13),
                    normal("gate", 2, positions, 3, 13),
                    normal("weight", 3, 13));
            to.add(
                    name(positions, gateFirst, "one weight for all heads"),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 3, 13),
                    normal("gate", 2, positions, 3, 13),
                    normal("weight", DType.BF16, 13));
        }
    }

    static void layerNorm(FusedOpCaseBuilder to, int positions) {
        for (int width : new int[] {64, 5, 65, 200}) {
            to.add(
                    name(positions, width),
                    new LayerNorm(1e-5),
                    Tolerance.REDUCTION,
                    uniform("x", 1, 4, 2, positions, width),
                    normal("weight", width),
                    normal("bias", width));
        }
        to.add(
                name(positions, "BF16"),
                new LayerNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", positions, 65),
                normal("weight", DType.BF16, 65),
                normal("bias", DType.BF16, 65));
        to.add(
                name(positions, "offset"),
                new LayerNorm(1e-5, 1),
                Tolerance.REDUCTION,
                uniform("x", 1, 4, 2, positions, 65),
                normal("weight", 65),
                normal("bias", 65));
        to.add(
                name(positions, "no bias"),
                new LayerNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 65),
                normal("weight", 65));
        to.add(
                name(positions, "per head, no bias, offset"),
                new LayerNorm(1e-5, 1),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 3, 13),
                normal("weight", 3, 13));
        to.add(name(positions, "no weight"), new LayerNorm(1e-5), Tolerance.REDUCTION, normal("x", 2, positions, 65));
    }

    static void rope(FusedOpCaseBuilder to, int positions) {
        int[][] widths = {{16, 8}, {13, 6}, {13, 2}, {1, 0}, {65, 25}};
        for (Rope.Pairing pairing : Rope.Pairing.values()) {
            for (int[] width : widths) {
                to.add(
                        name(positions, Arrays.toString(width), pairing),
                        new Rope(pairing),
                        Tolerance.ELEMENTWISE,
                        normal("x", 2, positions, 3, width[0]),
                        constant(uniform("cos", -1, 1, positions, width[1])),
                        constant(uniform("sin", -1, 1, positions, width[1])));
            }
        }
    }

    static void linear(FusedOpCaseBuilder to, int positions) {
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
            to.add(
                    name(positions, dtype),
                    new Linear(),
                    Tolerance.REDUCTION,
                    normal("x", positions, 65),
                    normal("weight", dtype, 13, 65));
            to.add(
                    name(positions, dtype, "bias"),
                    new Linear(),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 13),
                    normal("weight", dtype, 63, 13),
                    normal("bias", dtype, 63));
        }
        for (DType dtype : QuantisedTypes.all()) {
            for (int blocks : dtype.blockElements() > 32 ? new int[] {1, 2, 5} : new int[] {1, 2, 5, 13}) {
                int width = blocks * dtype.blockElements();
                to.add(
                        name(positions, dtype, width),
                        new Linear(),
                        Tolerance.REDUCTION,
                        normal("x", positions, width),
                        constant(normal("weight", dtype, 63, width)),
                        normal("bias", 63));
            }
        }
        to.add(
                name(positions, "200 x 64"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", positions, 64),
                normal("weight", 200, 64));
        to.add(
                name(positions, "64 x 200 BF16"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", 1, positions, 200),
                normal("weight", DType.BF16, 64, 200));
        to.add(
                name(positions, "1 x 1"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", positions, 1),
                normal("weight", 1, 1),
                normal("bias", 1));
    }

    static void gelu(FusedOpCaseBuilder to, int positions) {
        for (boolean byTanh : List.of(false, true)) {
            to.add(
                    name(positions, byTanh ? "tanh" : "erf"),
                    new Gelu(byTanh),
                    Tolerance.ELEMENTWISE,
                    normal("x", 2, positions, 13));
        }
    }

    static void swiGlu(FusedOpCaseBuilder to, int positions) {
        to.add(
                name(positions),
                new SwiGlu(),
                Tolerance.ELEMENTWISE,
                normal("a", 2, positions, 13),
                normal("b", 2, positions, 13));
    }

    static void crossEntropy(FusedOpCaseBuilder to, int positions) {
        for (int columns : new int[] {65, 1, 200}) {
            TensorType targets = new TensorType(DType.I32, Shape.of(positions));
            double[] ids = RANDOMS.integers("targets", -1, columns, positions);
            IntStream.range(0, positions).filter(i -> i % 13 == 12).forEach(i -> ids[i] = -100);
            Operand logits = normal("logits", positions, columns);
            Arrays.setAll(logits.values(), i -> 5 * logits.values()[i] + (i % 2 == 0 ? 50 : 0));
            to.add(
                    name(positions, columns),
                    new CrossEntropy(),
                    Tolerance.REDUCTION,
                    logits,
                    new Operand("targets", targets, ids, false));
        }
    }

    static void klDivergence(FusedOpCaseBuilder to, int positions) {
        for (double temperature : new double[] {1, 2.5}) {
            to.add(
                    name(positions, temperature),
                    new KlDivergence(temperature),
                    Tolerance.REDUCTION,
                    normal("student", positions, 65),
                    normal("teacher", positions, 65));
        }
    }

    static void sampleToken(FusedOpCaseBuilder to, int rows) {
        int columns = rows < 63 ? 200 : 65;
        List<Double> draws = IntStream.range(0, rows)
                .mapToObj(i -> i % 13 == 0 ? 0.0 : RANDOMS.uniforms("u", 0, 1, rows)[i])
                .toList();
        List<SampleToken> ops = List.of(
                new SampleToken(1, 0, 1, List.of(), draws),
                new SampleToken(0, 0, 1, List.of(3, 7), draws),
                new SampleToken(0.7, 5, 1, List.of(columns, -1, 0), draws),
                new SampleToken(1.3, 0, 0.8, List.of(1), draws),
                new SampleToken(2, 20, 0.5, List.of(), draws),
                new SampleToken(0.01, 1, 0.9, List.of(), draws));
        for (SampleToken op : rows > 63 ? ops.subList(0, 3) : ops) {
            Operand logits = constant(normal("logits", rows, columns));
            // many that are equal, so that their order counts
            Arrays.setAll(logits.values(), i -> (float) (Math.round(4 * logits.values()[i]) / 2.0));
            to.add(name(rows, op.temperature(), op.topK(), op.topP()), op, 0, logits);
        }
        for (SampleToken op : ops.subList(0, 2)) {
            Operand logits = constant(normal("logits", rows, columns));
            for (int row = 0; row < rows; row += 2) {
                logits.values()[row * columns + row % columns] =
                        row % 4 == 0 ? Float.NaN : row % 8 == 2 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
            }
            to.add(name(rows, "not finite", op.temperature()), op, 0, logits);
        }
    }

    static void adamW(FusedOpCaseBuilder to, int positions) {
        for (long step : new long[] {1, 7}) {
            to.add(
                    name(positions, step),
                    new AdamW(1e-2, 0.9, 0.999, 1e-8, 0.05, step),
                    Tolerance.ELEMENTWISE,
                    constant(normal("parameter", positions, 13)),
                    constant(normal("gradient", positions, 13)),
                    constant(normal("mean", positions, 13)),
                    constant(uniform("square", 0, 2, positions, 13)));
        }
    }
}
