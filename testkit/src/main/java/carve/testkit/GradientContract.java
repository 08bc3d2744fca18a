package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.op.Recompute;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The law of gradients: those of a tape equal central differences, for each primitive and each fused op.
 *
 * <p>A kernel and its definition share the table of gradients, so comparing them does not check the table; this
 * contract does. It runs on the reference device or any other.
 *
 * <pre>{@code
 * final class ReferenceGradientTest extends GradientContract {
 *     @Override
 *     protected Device open() {
 *         return new ReferenceDevice();
 *     }
 * }
 * }</pre>
 */
public abstract class GradientContract {
    private static final RandomTensors RANDOMS = RandomTensors.seeded();

    /** A primitive with operands; those of type F32 have gradients. */
    private record Case(Op op, List<TensorType> types, List<double[]> values) {
        @Override
        public String toString() {
            return op + " of " + types;
        }

        List<Tensor> operands(Device device) {
            return IntStream.range(0, types.size())
                    .mapToObj(i -> TensorValues.upload(device, types.get(i), values.get(i)))
                    .toList();
        }
    }

    /** Makes the contract. */
    protected GradientContract() {}

    /** Returns the device under test, new; the contract closes it. */
    protected abstract Device open();

    /**
     * Returns the comparison of gradients with central differences; override it where a device needs another step or
     * tolerance, and say why.
     */
    protected GradientCheck gradientCheck() {
        return GradientCheck.DEFAULT;
    }

    /** Each primitive, each of its functions, each way its operands may be broadcast, transposed or shared. */
    @TestFactory
    public Stream<DynamicTest> gradientsEqualCentralDifferences() {
        return cases().stream()
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
                    try (Device device = open()) {
                        gradientCheck()
                                .assertGradients(
                                        c.toString(), c.operands(device), in -> List.of(Tensors.apply(c.op(), in)));
                    }
                }));
    }

    /** Each fused op, by kernel or by definition, at a few positions. */
    @TestFactory
    public Stream<DynamicTest> gradientsOfFusedOpsEqualCentralDifferences() {
        return FusedOpCases.names().stream()
                .map(op -> DynamicTest.dynamicTest(op, () -> {
                    try (Device device = open()) {
                        FusedOpCase c = FusedOpCases.of(op, 2).getFirst();
                        List<Tensor> operands = c.operands().stream()
                                .map(operand -> operand.on(device))
                                .toList();
                        gradientCheck()
                                .assertGradients(
                                        c.toString(), operands, c.differentiable(), in -> Tensors.apply(c.op(), in));
                    }
                }));
    }

    /** The cases leave out no primitive but those that have no gradient, and no function. */
    @Test
    public void everyPrimitiveIsTried() {
        Set<Class<?>> tried = cases().stream().map(c -> c.op().getClass()).collect(Collectors.toSet());
        tried.addAll(List.of(Op.Compare.class, Op.ArgMax.class));
        assertEquals(Set.of(Op.class.getPermittedSubclasses()), tried);
        Set<Op> ops = cases().stream().map(Case::op).collect(Collectors.toSet());
        for (UnaryFunction function : UnaryFunction.values()) {
            assertEquals(true, ops.contains(new Op.Unary(function)), function::name);
        }
        for (BinaryFunction function : BinaryFunction.values()) {
            assertEquals(true, ops.contains(new Op.Binary(function)), function::name);
        }
    }

    /** Comparisons and indices of the maximum have zero gradients. */
    @Test
    public void discreteResultsHaveNoGradient() {
        try (Device device = open()) {
            Tape tape = new Tape();
            Tensor x = tape.watch(RANDOMS.normal(device, "x", 2, 5));
            Tensor greatest = x.argMax(1).cast(DType.F32);
            Tensor positive = Tensors.apply(new Op.Compare(Op.Comparison.LESS), Tensors.zeros(device, Shape.of()), x);
            Tensor loss = greatest.sum().add(positive.cast(DType.F32).sum());
            TensorAssertions.assertBitwiseEqual(
                    "gradient",
                    Tensors.zeros(device, x.shape()),
                    tape.gradients(loss, List.of(x)).getFirst());
        }
    }

    /** A tensor that is used more than once gets the sum of its gradients. */
    @Test
    public void gradientsAccumulateOverUses() {
        try (Device device = open()) {
            Tensor x = RANDOMS.normal(device, "x", 5, 5);
            gradientCheck().assertGradients("x x^T + x exp(x)", List.of(x), in -> {
                Tensor y = in.getFirst();
                return List.of(
                        y.matmul(y, false, true).add(y.multiply(y.exp())),
                        y.reshape(25).slice(0, 3, 9));
            });
        }
    }

    /** A cast rounds values and passes gradients, which have the type of the tensor they belong to. */
    @Test
    public void gradientsPassThroughCasts() {
        try (Device device = open()) {
            Tape tape = new Tape();
            Tensor weight = RANDOMS.normal(device, "w", new TensorType(DType.BF16, Shape.of(2, 5)));
            Tensor other = RANDOMS.normal(device, "o", new TensorType(DType.BF16, Shape.of(3)));
            Tensor watched = tape.watch(weight);
            Tensor unused = tape.watch(other);
            Tensor factor = RANDOMS.normal(device, "f", 2, 5);
            List<Tensor> gradients =
                    tape.gradients(watched.cast(DType.F32).multiply(factor).sum(), List.of(watched, unused));
            TensorAssertions.assertBitwiseEqual("gradient", factor.cast(DType.BF16), gradients.get(0));
            assertEquals(other.type(), gradients.get(1).type());
        }
    }

    /** Recomputing a block instead of keeping what is inside changes no bit of results and gradients. */
    @Test
    public void recomputingEqualsKeeping() {
        try (AssertingDevice device = AssertingDevice.poisoning(open())) {
            Scope.run(device, () -> {
                List<Tensor> operands =
                        List.of(RANDOMS.normal(device, "x", 13, 65), RANDOMS.normal(device, "w", 63, 65));
                List<Tensor> kept = valuesAndGradients(operands, GradientContract::block);
                List<TensorType> types = List.of(TensorType.f32(13, 63), TensorType.f32(13, 1));
                List<Tensor> recomputed =
                        valuesAndGradients(operands, in -> Recompute.apply(types, GradientContract::block, in));
                for (int i = 0; i < kept.size(); i++) {
                    TensorAssertions.assertBitwiseEqual("tensor " + i, kept.get(i), recomputed.get(i));
                }
            });
            assertEquals(0, device.openBuffers());
        }
    }

    private static List<Tensor> block(List<Tensor> in) {
        Tensor y = in.get(0).matmul(in.get(1), false, true).unary(UnaryFunction.SILU);
        return List.of(y.multiply(y.exp()), y.max(1));
    }

    private static List<Tensor> valuesAndGradients(List<Tensor> operands, Function<List<Tensor>, List<Tensor>> block) {
        Tape tape = new Tape();
        List<Tensor> watched = operands.stream().map(tape::watch).toList();
        List<Tensor> results = block.apply(watched);
        List<Tensor> weights = results.stream()
                .map(r -> RANDOMS.normal(r.device(), "g", r.type()))
                .toList();
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results, weights, watched));
        return all;
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        Arrays.stream(UnaryFunction.values()).forEach(function -> cases.add(unary(function)));
        Arrays.stream(BinaryFunction.values()).forEach(function -> binary(cases, function));
        where(cases);
        matmul(cases);
        axes(cases);
        moves(cases);
        return cases;
    }

    private static Case unary(UnaryFunction function) {
        double[] range = switch (function) {
            case LOG, SQRT, RECIPROCAL -> new double[] {0.7, 3};
            case LOG1P -> new double[] {-0.3, 3};
            case NEGATE, ABS, EXP, SIN, COS, TANH, ERF, SIGMOID, SILU, SOFTPLUS -> new double[] {-2, 2};
        };
        double[] values = RANDOMS.uniforms("x", range[0], range[1], 39);
        if (function == UnaryFunction.ABS) {
            Arrays.setAll(values, i -> values[i] + Math.copySign(0.1, values[i])); // away from the kink
        }
        return new Case(new Op.Unary(function), List.of(TensorType.f32(3, 13)), List.of(values));
    }

    private static void binary(List<Case> cases, BinaryFunction function) {
        int[][][] shapes = {
            {{3, 5}, {3, 5}},
            {{3, 5}, {5}},
            {{5}, {3, 5}},
            {{3, 1}, {1, 5}},
            {{}, {2, 3}},
            {{2, 3}, {}},
            {{2, 1, 3}, {5, 1}},
            {{1}, {5}}
        };
        for (int[][] pair : shapes) {
            TensorType a = TensorType.f32(pair[0]);
            TensorType b = TensorType.f32(pair[1]);
            double[] left = separate("a", a, 0);
            double[] right = separate("b", b, 0.05);
            cases.add(new Case(new Op.Binary(function), List.of(a, b), List.of(left, right)));
        }
    }

    // values between 1 and 3 of which none is nearer than 0.05 to one of another offset, so that no difference passes a
    // kink
    private static double[] separate(String name, TensorType type, double offset) {
        double[] values =
                RANDOMS.integers(name, 10, 30, Math.toIntExact(type.shape().size()));
        return Arrays.stream(values).map(v -> v / 10 + offset).toArray();
    }

    private static void where(List<Case> cases) {
        int[][][] shapes = {{{3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {5}, {}}, {{5}, {3, 5}, {3, 1}}, {{}, {2}, {2}}};
        for (int[][] triple : shapes) {
            TensorType mask = new TensorType(DType.I8, Shape.of(triple[0]));
            TensorType a = TensorType.f32(triple[1]);
            TensorType b = TensorType.f32(triple[2]);
            cases.add(new Case(
                    new Op.Where(),
                    List.of(mask, a, b),
                    List.of(
                            RANDOMS.integers(
                                    "mask", 0, 2, Math.toIntExact(mask.shape().size())),
                            normals("a", a),
                            normals("b", b))));
        }
    }

    private static void matmul(List<Case> cases) {
        int[][] batches = {{0, 0}, {2, 2}, {2, 0}, {0, 2}};
        for (int[] batch : batches) {
            for (int flags = 0; flags < 4; flags++) {
                boolean ta = (flags & 1) != 0;
                boolean tb = (flags & 2) != 0;
                Shape a = ta ? Shape.of(5, 3) : Shape.of(3, 5);
                Shape b = tb ? Shape.of(2, 5) : Shape.of(5, 2);
                cases.add(random(new Op.MatMul(ta, tb), batched(batch[0], a), batched(batch[1], b)));
            }
        }
        cases.add(random(new Op.MatMul(false, true), TensorType.f32(2, 3, 4, 5), TensorType.f32(2, 5)));
        cases.add(random(new Op.MatMul(true, false), TensorType.f32(5, 3), TensorType.f32(2, 3, 5, 2)));
    }

    private static TensorType batched(int batch, Shape shape) {
        return batch == 0
                ? TensorType.f32(shape.extents())
                : TensorType.f32(Shape.of(batch).append(shape.extents()).extents());
    }

    private static void axes(List<Case> cases) {
        for (int axis = 0; axis < 3; axis++) {
            TensorType type = TensorType.f32(2, 3, 5);
            cases.add(random(new Op.Sum(axis), type));
            cases.add(random(new Op.CumulativeSum(axis, false), type));
            cases.add(random(new Op.CumulativeSum(axis, true), type));
            double[] distinct =
                    IntStream.range(0, 30).mapToDouble(i -> i * 7 % 30 / 10.0).toArray();
            cases.add(new Case(new Op.Max(axis), List.of(type), List.of(distinct)));
        }
        cases.add(random(new Op.SumTo(Shape.of()), TensorType.f32(2, 3, 5)));
        cases.add(random(new Op.SumTo(Shape.of(3, 1)), TensorType.f32(2, 3, 5)));
        cases.add(random(new Op.BroadcastTo(Shape.of(2, 3, 5)), TensorType.f32(3, 1)));
        cases.add(random(new Op.BroadcastTo(Shape.of(2, 3)), TensorType.f32()));
    }

    private static void moves(List<Case> cases) {
        TensorType type = TensorType.f32(2, 3, 5);
        cases.add(random(new Op.Reshape(Shape.of(5, 6)), type));
        cases.add(random(new Op.Permute(List.of(2, 0, 1)), type));
        cases.add(random(new Op.Permute(List.of(1, 0)), TensorType.f32(3, 5)));
        for (int axis = 0; axis < 3; axis++) {
            cases.add(random(new Op.Slice(axis, 1, 2), type));
            cases.add(random(new Op.Pad(axis, 2, 1), type));
            cases.add(random(new Op.Concat(axis), type, type.with(type.shape().with(axis, 1)), type));
        }
        cases.add(random(new Op.LowerTriangle(0), TensorType.f32(2, 5, 3)));
        cases.add(random(new Op.LowerTriangle(-1), TensorType.f32(5, 5)));
        cases.add(random(new Op.LowerTriangle(2), TensorType.f32(3, 5)));
        cases.add(random(new Op.Cast(DType.F32), TensorType.f32(5)));
        TensorType index = new TensorType(DType.I32, Shape.of(2, 2));
        double[] chosen = {4, 0, 4, 1};
        TensorType table = TensorType.f32(5, 3);
        TensorType rows = TensorType.f32(2, 2, 3);
        cases.add(new Case(new Op.Gather(), List.of(table, index), List.of(normals("table", table), chosen)));
        cases.add(new Case(new Op.ScatterAdd(5), List.of(index, rows), List.of(chosen, normals("rows", rows))));
    }

    private static Case random(Op op, TensorType... types) {
        return new Case(
                op,
                List.of(types),
                IntStream.range(0, types.length)
                        .mapToObj(i -> normals("operand " + i, types[i]))
                        .toList());
    }

    private static double[] normals(String name, TensorType type) {
        return RANDOMS.normals(name, Math.toIntExact(type.shape().size()));
    }
}
