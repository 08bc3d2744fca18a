package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The laws of losses: zero for equal student and teacher, the named reduction, no effect of positions that do not
 * count, and gradients equal to central differences.
 *
 * <pre>{@code
 * final class KlLossTest extends LossContract {
 *     @Override
 *     protected Loss loss(Reduction reduction) {
 *         return new KlLoss(Site.LOGITS, 1, reduction);
 *     }
 *
 *     @Override
 *     protected CountedPositions countedPositions(Reduction reduction) {
 *         return CountedPositions.NON_PADDING;
 *     }
 * }
 * }</pre>
 *
 * <p>A loss that lacks a reduction says so by overriding {@link #reductions}, and the contract asserts that it is refused. A
 * loss that needs values of a shape or range of its own, such as attention weights, overrides {@link #valueShape},
 * {@link #values} and {@link #atSite}.
 */
public abstract class LossContract {
    private static final int BATCH = 3;
    private static final int POSITIONS = 5;
    private static final RandomTensors RANDOMS = RandomTensors.seeded();

    /** The positions that count. */
    protected enum CountedPositions {
        /** All of them. */
        ALL,
        /** Those where the mask is 1. */
        NON_PADDING,
        /** Those whose target is not negative. */
        ANSWERS
    }

    /** Makes the contract. */
    protected LossContract() {}

    /** Returns the loss under test with a reduction; one that it lacks throws. */
    protected abstract Loss loss(Reduction reduction);

    /** Returns the positions that count with a reduction. */
    protected abstract CountedPositions countedPositions(Reduction reduction);

    /** Returns the reductions that the loss has; by default all. */
    protected Set<Reduction> reductions() {
        return EnumSet.allOf(Reduction.class);
    }

    /**
     * Returns the exponent of the reduced value in the loss: 1, or 0.5 for norms, which are roots of sums and means.
     */
    protected double reductionExponent() {
        return 1;
    }

    /** Returns whether the loss is zero where student and teacher are equal; by default it is. */
    protected boolean isZeroForEqualInputs() {
        return true;
    }

    /**
     * Returns the extents of the values at the loss's site beyond rows and positions: by default {@code (H, P) = (2, 3)} at
     * {@link Site#HEADS}, and one extent of 7 elsewhere.
     */
    protected List<Integer> valueShape() {
        Site site = loss(reductions().iterator().next()).site();
        return site.equals(Site.HEADS) ? List.of(2, 3) : List.of(7);
    }

    /**
     * Returns values at the loss's site; by default from a normal distribution. Student and teacher must differ at every
     * position, and {@code variant} must change the values at every position.
     *
     * @param name {@code student} or {@code teacher}
     * @param shape {@code (B, T, ...)}, with the extents of {@link #valueShape}
     * @param variant 0, or 1 for other values
     */
    protected double[] values(String name, Shape shape, int variant) {
        return RANDOMS.normals(variant == 0 ? name : name + " again", Math.toIntExact(shape.size()));
    }

    /**
     * Returns values {@code (B, T, ...)} in the layout of the loss's site; by default as they are. A loss whose site has the
     * positions elsewhere, such as {@code (B, H, T, T)}, permutes axes.
     */
    protected Tensor atSite(Tensor values) {
        return values;
    }

    private Tensor compute(Loss loss, LossInputs inputs) {
        return loss.compute(
                new LossInputs(atSite(inputs.student()), atSite(inputs.teacher()), inputs.targets(), inputs.mask()));
    }

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    private interface Law {
        void check(Device device, Loss loss, Reduction reduction);
    }

    private Stream<DynamicTest> forEachReduction(Law law) {
        return reductions().stream()
                .map(reduction -> DynamicTest.dynamicTest(reduction.name(), () -> {
                    try (AssertingDevice device = AssertingDevice.poisoning(open())) {
                        Scope.run(device, () -> law.check(device, loss(reduction), reduction));
                        assertEquals(0, device.openBuffers(), "buffers left behind");
                    }
                }));
    }

    /** A reduction that the loss does not have is refused when the loss is made. */
    @Test
    public void refusesOtherReductions() {
        EnumSet<Reduction> others = EnumSet.allOf(Reduction.class);
        others.removeAll(reductions());
        others.forEach(reduction -> assertThrows(RuntimeException.class, () -> loss(reduction), reduction::name));
    }

    /** The loss is a finite scalar, at least zero, and the same twice. */
    @TestFactory
    public Stream<DynamicTest> lossIsAFiniteScalar() {
        return forEachReduction((device, loss, reduction) -> {
            Tensor value = compute(loss, lossInputs(device, loss));
            assertEquals(1, value.shape().size(), "size of " + value);
            assertTrue(Float.isFinite(value.item()) && value.item() > 0, "value " + value.item());
            assertTrue(loss.weight() >= 0 && Double.isFinite(loss.weight()), "weight " + loss.weight());
            TensorAssertions.assertBitwiseEqual("twice", value, compute(loss, lossInputs(device, loss)));
        });
    }

    /**
     * A loss with a teacher is zero and has no gradient where student and teacher are equal, unless {@link
     * #isZeroForEqualInputs} returns false: then it is not zero and has one.
     */
    @TestFactory
    public Stream<DynamicTest> zeroForEqual() {
        return forEachReduction((device, loss, reduction) -> {
            if (loss.needsTeacher()) {
                Tape tape = new Tape();
                LossInputs different = lossInputs(device, loss);
                Tensor student = tape.watch(different.teacher());
                Tensor value = compute(
                        loss, new LossInputs(student, different.teacher(), different.targets(), different.mask()));
                Tensor gradient = tape.gradients(value, List.of(student)).getFirst();
                if (isZeroForEqualInputs()) {
                    assertEquals(0, value.item(), 1e-6, "loss");
                    TensorAssertions.assertClose("gradient", Tensors.zeros(device, student.shape()), gradient, 0, 1e-6);
                } else {
                    assertTrue(value.item() > 1e-3, "loss " + value.item() + " vanishes");
                    double[] gradients = TensorValues.of(gradient);
                    assertTrue(DoubleStream.of(gradients).anyMatch(x -> Math.abs(x) > 1e-3), "the gradient vanishes");
                }
            }
        });
    }

    /**
     * Returns the comparison of gradients with central differences; override it where a loss needs another step or
     * tolerance, and say why.
     */
    protected GradientCheck gradientCheck() {
        return GradientCheck.DEFAULT;
    }

    /** The gradient of the student's value equals central differences; targets and mask have none. */
    @TestFactory
    public Stream<DynamicTest> gradientsEqualCentralDifferences() {
        return forEachReduction((device, loss, reduction) -> {
            LossInputs all = lossInputs(device, loss);
            List<Tensor> operands = List.of(all.student());
            gradientCheck()
                    .assertGradients(
                            loss.toString(),
                            operands,
                            in -> List.of(compute(
                                    loss,
                                    new LossInputs(
                                            in.getFirst(),
                                            loss.needsTeacher() ? all.teacher() : in.getFirst(),
                                            all.targets(),
                                            all.mask()))));
        });
    }

    /** Values at positions that do not count change no bit of the loss and have no gradient; all others do. */
    @TestFactory
    public Stream<DynamicTest> uncountedPositionsHaveNoEffect() {
        return forEachReduction((device, loss, reduction) -> {
            LossInputs all = lossInputs(device, loss);
            Tape tape = new Tape();
            Tensor student = tape.watch(all.student());
            Tensor teacher = loss.needsTeacher() ? all.teacher() : student;
            Tensor value = compute(loss, new LossInputs(student, teacher, all.targets(), all.mask()));
            double[] gradient =
                    TensorValues.of(tape.gradients(value, List.of(student)).getFirst());
            int width = gradient.length / (BATCH * POSITIONS);
            for (int i = 0; i < BATCH * POSITIONS; i++) {
                boolean changes = IntStream.range(i * width, (i + 1) * width).anyMatch(e -> gradient[e] != 0);
                assertEquals(
                        counts(countedPositions(reduction), i), changes, "whether position " + i + " has a gradient");
            }
            Tensor other = changedWhereNothingCounts(device, all.student(), countedPositions(reduction));
            Tensor changed = compute(
                    loss,
                    new LossInputs(other, loss.needsTeacher() ? all.teacher() : other, all.targets(), all.mask()));
            TensorAssertions.assertBitwiseEqual("loss", value, changed);
        });
    }

    private Tensor changedWhereNothingCounts(Device device, Tensor student, CountedPositions countedPositions) {
        double[] values = TensorValues.of(student);
        double[] others = values("student", student.shape(), 1);
        int width = values.length / (BATCH * POSITIONS);
        for (int i = 0; i < values.length; i++) {
            values[i] = counts(countedPositions, i / width) ? values[i] : others[i];
        }
        return TensorValues.upload(device, student.type(), values);
    }

    /** The same rows twice: as a sum twice the loss, as any mean the same. */
    @TestFactory
    public Stream<DynamicTest> duplicatedRowsAreReducedAsNamed() {
        return forEachReduction((device, loss, reduction) -> {
            LossInputs once = lossInputs(device, loss);
            LossInputs twice = new LossInputs(
                    twice(once.student()), twice(once.teacher()), twice(once.targets()), twice(once.mask()));
            double factor = switch (reduction) {
                case SUM -> 2;
                case TOKEN_MEAN, BATCH_MEAN, MEAN -> 1;
            };
            assertRatio(Math.pow(factor, reductionExponent()), compute(loss, twice), compute(loss, once));
        });
    }

    /** Sum, mean over rows and mean over positions differ by the numbers of rows and of positions that count. */
    @Test
    public void reductionsDifferByTheirDivisor() {
        try (Device device = open()) {
            for (Reduction reduction : EnumSet.of(Reduction.TOKEN_MEAN, Reduction.BATCH_MEAN)) {
                if (reductions().containsAll(EnumSet.of(Reduction.SUM, reduction))) {
                    Tensor sum = compute(loss(Reduction.SUM), lossInputs(device, loss(Reduction.SUM)));
                    Tensor mean = compute(loss(reduction), lossInputs(device, loss(reduction)));
                    long count = IntStream.range(0, BATCH * POSITIONS)
                            .filter(i -> counts(countedPositions(reduction), i))
                            .count();
                    assertRatio(
                            Math.pow(reduction == Reduction.BATCH_MEAN ? BATCH : count, reductionExponent()),
                            sum,
                            mean);
                }
            }
        }
    }

    private static void assertRatio(double expected, Tensor value, Tensor other) {
        assertEquals(expected, (double) value.item() / other.item(), 1e-5 * expected, "ratio of the losses");
    }

    private static Tensor twice(Tensor x) {
        return Tensors.concat(0, List.of(x, x));
    }

    private LossInputs lossInputs(Device device, Loss loss) {
        Shape shape = shape();
        TensorType type = new TensorType(DType.F32, shape);
        Tensor student = TensorValues.upload(device, type, values("student", shape, 0));
        Tensor teacher = loss.needsTeacher() ? TensorValues.upload(device, type, values("teacher", shape, 0)) : student;
        TensorType positions = new TensorType(DType.I32, Shape.of(BATCH, POSITIONS));
        double[] targets = RANDOMS.integers("targets", 0, shape.extent(-1), BATCH * POSITIONS);
        double[] mask = new double[BATCH * POSITIONS];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = counts(CountedPositions.NON_PADDING, i) ? 1 : 0;
            targets[i] = counts(CountedPositions.ANSWERS, i) ? targets[i] : -100;
        }
        return new LossInputs(
                student,
                teacher,
                TensorValues.upload(device, positions, targets),
                TensorValues.upload(device, positions.with(DType.F32), mask));
    }

    // row b has 5 - b positions before its padding, of which the first two are questions
    private static boolean counts(CountedPositions countedPositions, int position) {
        int column = position % POSITIONS;
        boolean present = column < POSITIONS - position / POSITIONS;
        return switch (countedPositions) {
            case ALL -> true;
            case NON_PADDING -> present;
            case ANSWERS -> present && column >= 2;
        };
    }

    private Shape shape() {
        List<Integer> extents = new ArrayList<>(List.of(BATCH, POSITIONS));
        extents.addAll(valueShape());
        return Shape.of(extents.stream().mapToInt(i -> i).toArray());
    }
}
