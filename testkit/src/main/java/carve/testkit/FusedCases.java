package carve.testkit;

import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.ConvolvedScan;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Gelu;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SampleToken;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.testkit.FusedCase.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** What {@link KernelContract} tries: every fused op that comes with Carve, at a number of positions T. */
final class FusedCases {
    private static final Randoms RANDOMS = Randoms.seeded();
    private static final Map<String, BiConsumer<FusedCases, Integer>> OPS = ops();

    private final List<FusedCase> cases = new ArrayList<>();

    private FusedCases() {}

    private static Map<String, BiConsumer<FusedCases, Integer>> ops() {
        Map<String, BiConsumer<FusedCases, Integer>> ops = new LinkedHashMap<>();
        ops.put("adamw", FusedCases::adamW);
        ops.put("causal-conv", FusedCases::causalConv);
        ops.put("convolved-scan", FusedCases::convolvedScan);
        ops.put("cross-entropy", FusedCases::crossEntropy);
        ops.put("decay-scan", FusedCases::decayScan);
        ops.put("gated-rms-norm", FusedCases::gatedRmsNorm);
        ops.put("gelu", FusedCases::gelu);
        ops.put("kl-divergence", FusedCases::klDivergence);
        ops.put("layer-norm", FusedCases::layerNorm);
        ops.put("linear", FusedCases::linear);
        ops.put("rms-norm", FusedCases::rmsNorm);
        ops.put("rope", FusedCases::rope);
        ops.put("sample-token", FusedCases::sampleToken);
        ops.put("softmax-attention", FusedCases::softmaxAttention);
        ops.put("swiglu", FusedCases::swiGlu);
        return ops;
    }

    /** Returns the names of the ops. */
    static List<String> names() {
        return List.copyOf(OPS.keySet());
    }

    /** Returns the cases of an op for T positions; the first is whole rows of F32. */
    static List<FusedCase> of(String op, int positions) {
        FusedCases cases = new FusedCases();
        OPS.get(op).accept(cases, positions);
        return cases.cases;
    }

    private void add(String name, FusedOp op, double ratio, Operand... operands) {
        cases.add(new FusedCase(name, op, List.of(operands), ratio));
    }

    private static Operand normal(String name, DType dtype, int... extents) {
        TensorType type = new TensorType(dtype, Shape.of(extents));
        return new Operand(name, type, RANDOMS.normals(name, size(type)), true);
    }

    private static Operand normal(String name, int... extents) {
        return normal(name, DType.F32, extents);
    }

    private static Operand uniform(String name, double low, double high, int... extents) {
        TensorType type = TensorType.f32(extents);
        return new Operand(name, type, RANDOMS.uniforms(name, low, high, size(type)), true);
    }

    private static Operand constant(Operand operand) {
        return new Operand(operand.name(), operand.type(), operand.values(), false);
    }

    private static int size(TensorType type) {
        return Math.toIntExact(type.shape().size());
    }

    /** Whole rows, rows padded at their end (one of them wholly), and one row of packed sequences, one of them short. */
    private static List<Sequences> sequences(int positions) {
        List<Sequences> all = new ArrayList<>(
                List.of(Sequences.whole(2, positions), Sequences.padded(positions, positions, positions / 2, 0)));
        if (positions > 1) {
            all.add(Sequences.packed(0, 1, positions));
        }
        if (positions > 63) {
            all.add(Sequences.packed(0, 3, positions - 2, positions));
        }
        return all;
    }

    private static String name(int positions, Object... rest) {
        return "T=" + positions + " " + Arrays.toString(rest);
    }

    private void convolvedScan(int positions) {
        List<Sequences> all = new ArrayList<>(sequences(positions));
        all.add(Sequences.whole(1, positions));
        for (Sequences sequences : all) {
            convolvedScan(new ConvolvedScan(sequences, 1, 1e-5, 0, Double.POSITIVE_INFINITY));
        }
        convolvedScan(new ConvolvedScan(Sequences.whole(1, positions), 2, 1e-5, 0.5, 1));
    }

    // 4 heads of width 5, of which two share keys and queries of width 13
    private void convolvedScan(ConvolvedScan op) {
        int channels = 4 * 5 + 2 * 2 * 13;
        Sequences sequences = op.sequences();
        add(
                name(sequences.positions(), op),
                op,
                Tolerance.SCAN,
                normal("packed", sequences.batch(), sequences.positions(), 4 * 5 + channels + 4),
                normal("conv", channels, 1, 4),
                normal("conv-bias", channels),
                normal("dt_bias", 4),
                uniform("A_log", -2, 1, 4),
                normal("D", 4),
                normal("norm", 4 * 5),
                normal("conv-state", sequences.count(), channels, 3),
                normal("scan-state", sequences.count(), 4, 5, 13));
    }

    private void decayScan(int positions) {
        int[][] groups = {{4, 4, 4}, {4, 2, 2}, {2, 2, 4}, {1, 1, 1}};
        for (Sequences sequences : sequences(positions)) {
            for (int[] group : sequences.isPacked() || sequences.isPadded() ? new int[][] {{4, 2, 2}} : groups) {
                decayScan(sequences, group);
            }
        }
    }

    private void decayScan(Sequences sequences, int[] groups) {
        int batch = sequences.batch();
        int positions = sequences.positions();
        Operand decay = uniform("g", -2, 0, batch, positions, 4);
        for (int i = 0; i < decay.values().length; i += 7) {
            decay.values()[i] = i % 3 == 0 ? -60 : 0; // forgets everything, forgets nothing
        }
        add(
                name(positions, sequences, Arrays.toString(groups)),
                new DecayScan(sequences),
                Tolerance.SCAN,
                normal("q", batch, positions, groups[0], 13),
                normal("k", batch, positions, groups[1], 13),
                normal("v", batch, positions, groups[2], 5),
                decay,
                uniform("w", 0, 1.5, batch, positions, 4),
                normal("state", sequences.count(), 4, 5, 13));
    }

    private void softmaxAttention(int positions) {
        for (Sequences sequences : sequences(positions)) {
            for (int groups : sequences.isPacked() || sequences.isPadded() ? new int[] {2} : new int[] {4, 2, 1}) {
                softmaxAttention(sequences, true, positions, groups, DType.F32);
            }
        }
        Sequences blank =
                Sequences.padded(positions, positions, (positions + 1) / 2).blank();
        softmaxAttention(blank, true, positions, 2, DType.F32);
        softmaxAttention(Sequences.whole(2, positions), false, positions, 2, DType.F32);
        softmaxAttention(Sequences.padded(positions, positions, (positions + 1) / 2), false, positions, 2, DType.F32);
        softmaxAttention(Sequences.whole(2, 1), true, positions, 2, DType.F32);
        softmaxAttention(Sequences.whole(2, 5), true, positions + 5, 2, DType.F32);
        softmaxAttention(Sequences.whole(2, 5), false, positions, 2, DType.F32);
        softmaxAttention(Sequences.whole(1, positions), true, positions, 2, DType.BF16);
        softmaxAttention(Sequences.whole(2, 1), true, positions, 2, DType.BF16);
    }

    private void softmaxAttention(Sequences sequences, boolean causal, int keys, int groups, DType cache) {
        int batch = sequences.batch();
        int capacity = keys + (sequences.positions() == keys ? 0 : 3);
        double scale = 1 / Math.sqrt(13);
        add(
                name(keys, "causal=" + causal, sequences, "groups=" + groups, cache),
                new SoftmaxAttention(scale, causal, keys, sequences),
                Tolerance.SCAN,
                normal("q", batch, sequences.positions(), 4, 13),
                cache("k", cache, keys, batch, capacity, groups, 13),
                cache("v", cache, keys, batch, capacity, groups, 5));
    }

    // what is beyond the keys is NaN: capacity that nobody has written, and nobody may read
    private static Operand cache(String name, DType dtype, int keys, int... extents) {
        Operand cache = normal(name, dtype, extents);
        int row = extents[2] * extents[3];
        for (int i = 0; i < cache.values().length; i++) {
            if (i / row % extents[1] >= keys) {
                cache.values()[i] = Double.NaN;
            }
        }
        return cache;
    }

    private void causalConv(int positions) {
        for (Sequences sequences : sequences(positions)) {
            for (int width : new int[] {4, 2}) {
                causalConv(sequences, width, true, DType.F32);
            }
        }
        causalConv(Sequences.whole(2, positions), 4, false, DType.F32);
        causalConv(Sequences.whole(2, positions), 1, true, DType.F32);
        causalConv(Sequences.whole(2, positions), 4, true, DType.BF16);
    }

    private void causalConv(Sequences sequences, int width, boolean silu, DType weights) {
        add(
                name(sequences.positions(), sequences, "width=" + width, "silu=" + silu, weights),
                new CausalConv(silu, sequences),
                Tolerance.SCAN,
                normal("x", sequences.batch(), sequences.positions(), 13),
                normal("weight", weights, 13, 1, width),
                normal("bias", weights, 13),
                normal("state", sequences.count(), 13, width - 1));
    }

    private void rmsNorm(int positions) {
        for (int width : new int[] {64, 1, 5, 65, 200}) {
            add(
                    name(positions, width),
                    new RmsNorm(1e-5),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, width),
                    normal("weight", width));
        }
        add(
                name(positions, "per head"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 3, 13),
                normal("weight", 3, 13));
        add(
                name(positions, "BF16"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", 2, positions, 65),
                normal("weight", DType.BF16, 65));
        add(
                name(positions, "zeros"),
                new RmsNorm(1e-5),
                Tolerance.REDUCTION,
                uniform("x", 0, 0, positions, 13),
                normal("weight", 13));
    }

    private void gatedRmsNorm(int positions) {
        for (boolean gateFirst : new boolean[] {false, true}) {
            add(
                    name(positions, gateFirst),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 65),
                    normal("gate", 2, positions, 65),
                    normal("weight", 65));
            add(
                    name(positions, gateFirst, "per head"),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 3, 13),
                    normal("gate", 2, positions, 3, 13),
                    normal("weight", 3, 13));
            add(
                    name(positions, gateFirst, "one weight for all heads"),
                    new GatedRmsNorm(1e-5, gateFirst),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 3, 13),
                    normal("gate", 2, positions, 3, 13),
                    normal("weight", DType.BF16, 13));
        }
    }

    private void layerNorm(int positions) {
        for (int width : new int[] {64, 5, 65, 200}) {
            add(
                    name(positions, width),
                    new LayerNorm(1e-5),
                    Tolerance.REDUCTION,
                    uniform("x", 1, 4, 2, positions, width),
                    normal("weight", width),
                    normal("bias", width));
        }
        add(
                name(positions, "BF16"),
                new LayerNorm(1e-5),
                Tolerance.REDUCTION,
                normal("x", positions, 65),
                normal("weight", DType.BF16, 65),
                normal("bias", DType.BF16, 65));
    }

    private void rope(int positions) {
        int[][] widths = {{16, 8}, {13, 6}, {13, 2}, {1, 0}};
        for (int[] width : widths) {
            add(
                    name(positions, Arrays.toString(width)),
                    new Rope(),
                    Tolerance.ELEMENTWISE,
                    normal("x", 2, positions, 3, width[0]),
                    constant(uniform("cos", -1, 1, positions, width[1])),
                    constant(uniform("sin", -1, 1, positions, width[1])));
        }
    }

    private void linear(int positions) {
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
            add(
                    name(positions, dtype),
                    new Linear(),
                    Tolerance.REDUCTION,
                    normal("x", positions, 65),
                    normal("weight", dtype, 13, 65));
            add(
                    name(positions, dtype, "bias"),
                    new Linear(),
                    Tolerance.REDUCTION,
                    normal("x", 2, positions, 13),
                    normal("weight", dtype, 63, 13),
                    normal("bias", dtype, 63));
        }
        for (DType dtype : List.of(DType.Q8_0, DType.Q4_0)) {
            for (int blocks : new int[] {1, 2, 5, 13}) {
                add(
                        name(positions, dtype, 32 * blocks),
                        new Linear(),
                        Tolerance.REDUCTION,
                        normal("x", positions, 32 * blocks),
                        constant(normal("weight", dtype, 63, 32 * blocks)),
                        normal("bias", 63));
            }
        }
        add(
                name(positions, "200 x 64"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", positions, 64),
                normal("weight", 200, 64));
        add(
                name(positions, "64 x 200 BF16"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", 1, positions, 200),
                normal("weight", DType.BF16, 64, 200));
        add(
                name(positions, "1 x 1"),
                new Linear(),
                Tolerance.REDUCTION,
                normal("x", positions, 1),
                normal("weight", 1, 1),
                normal("bias", 1));
    }

    private void gelu(int positions) {
        for (boolean byTanh : List.of(false, true)) {
            add(
                    name(positions, byTanh ? "tanh" : "erf"),
                    new Gelu(byTanh),
                    Tolerance.ELEMENTWISE,
                    normal("x", 2, positions, 13));
        }
    }

    private void swiGlu(int positions) {
        add(
                name(positions),
                new SwiGlu(),
                Tolerance.ELEMENTWISE,
                normal("a", 2, positions, 13),
                normal("b", 2, positions, 13));
    }

    private void crossEntropy(int positions) {
        for (int columns : new int[] {65, 1, 200}) {
            TensorType targets = new TensorType(DType.I32, Shape.of(positions));
            double[] ids = RANDOMS.integers("targets", -1, columns, positions);
            IntStream.range(0, positions).filter(i -> i % 13 == 12).forEach(i -> ids[i] = -100);
            Operand logits = normal("logits", positions, columns);
            Arrays.setAll(logits.values(), i -> 5 * logits.values()[i] + (i % 2 == 0 ? 50 : 0));
            add(
                    name(positions, columns),
                    new CrossEntropy(),
                    Tolerance.REDUCTION,
                    logits,
                    new Operand("targets", targets, ids, false));
        }
    }

    private void klDivergence(int positions) {
        for (double temperature : new double[] {1, 2.5}) {
            add(
                    name(positions, temperature),
                    new KlDivergence(temperature),
                    Tolerance.REDUCTION,
                    normal("student", positions, 65),
                    normal("teacher", positions, 65));
        }
    }

    private void sampleToken(int rows) {
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
            add(name(rows, op.temperature(), op.topK(), op.topP()), op, 0, logits);
        }
    }

    private void adamW(int positions) {
        for (long step : new long[] {1, 7}) {
            add(
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
