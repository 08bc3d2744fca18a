package carve.testkit;

import static org.junit.jupiter.api.Assertions.fail;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A comparison of the gradients that a tape gives with central differences {@code D(h) = (f(x + h) - f(x - h)) / 2h}, where f
 * is the sum of the results, each element weighted by a random number.
 *
 * <p>The sum is taken in double precision on the host, so that what is compared is the gradient of the operation alone. The
 * error of {@code D(h)} is about {@code f'''(x) h^2 / 6} where f is curved, and the rounding error of f divided by h. Where
 * {@code D(h)} and the gradient differ, they are compared again with Richardson's extrapolation {@code (4 D(h / 2) - D(h)) /
 * 3}, which is free of the term in {@code h^2}; a gradient that agrees with it is right. Where it does not agree either, the
 * message says how much {@code D(h)} and {@code D(h / 2)} differ from each other: little where the gradient is wrong, much where
 * the step does not fit the function.
 *
 * @param step the h, positive
 * @param tolerance the allowed ratio of the difference to the size of the central differences, see {@link
 *     TensorAssertions#assertClose}; positive
 */
public record GradientCheck(double step, double tolerance) {
    /** The check of all contracts that do not override it: in F32, operands and results of about 1. */
    public static final GradientCheck DEFAULT =
            new GradientCheck(Tolerance.DIFFERENCE_STEP, Tolerance.CENTRAL_DIFFERENCE);

    private static final int MAX_SAMPLED_ELEMENTS = 24;

    /**
     * Checks both.
     *
     * @throws IllegalArgumentException if one of them is not positive
     */
    public GradientCheck {
        if (!(step > 0) || !(tolerance > 0)) {
            throw new IllegalArgumentException(
                    "gradient check: step and tolerance must be positive, found %s and %s".formatted(step, tolerance));
        }
    }

    /** Returns the check with another step. */
    public GradientCheck withStep(double other) {
        return new GradientCheck(other, tolerance);
    }

    /** Returns the check with another tolerance. */
    public GradientCheck withTolerance(double other) {
        return new GradientCheck(step, other);
    }

    /**
     * Asserts that the gradients of each F32 operand agree.
     *
     * @param what for messages
     * @param operands not watched; those that are not F32 are constants
     * @param operation gives floating-point results of its operands
     */
    public void assertGradients(String what, List<Tensor> operands, Function<List<Tensor>, List<Tensor>> operation) {
        List<Integer> all = IntStream.range(0, operands.size())
                .filter(i -> operands.get(i).dtype() == DType.F32)
                .boxed()
                .toList();
        assertGradients(what, operands, all, operation);
    }

    /** Asserts that the gradients of the chosen operands agree. */
    public void assertGradients(
            String what, List<Tensor> operands, List<Integer> chosen, Function<List<Tensor>, List<Tensor>> operation) {
        assertGradients(what, operands, chosen, Integer.MAX_VALUE, operation);
    }

    /** Asserts that the gradients of every operand agree at some of its elements, for operations that take long. */
    public void assertSampledGradients(
            String what, List<Tensor> operands, Function<List<Tensor>, List<Tensor>> operation) {
        assertGradients(
                what, operands, IntStream.range(0, operands.size()).boxed().toList(), MAX_SAMPLED_ELEMENTS, operation);
    }

    private void assertGradients(
            String what,
            List<Tensor> operands,
            List<Integer> chosen,
            int most,
            Function<List<Tensor>, List<Tensor>> operation) {
        List<Tensor> gradients = gradients(operands, chosen, operation);
        for (int i = 0; i < chosen.size(); i++) {
            int operand = chosen.get(i);
            int size = Math.toIntExact(operands.get(operand).shape().size());
            int[] elements = IntStream.range(0, size)
                    .filter(e -> size <= most || e * most / size != (e - 1) * most / size)
                    .toArray();
            double[] gradient = TensorValues.of(gradients.get(i));
            assertClose(
                    "%s: gradient of operand %d".formatted(what, operand),
                    h -> differences(operands, operand, elements, h, operation),
                    IntStream.of(elements).mapToDouble(e -> gradient[e]).toArray());
        }
    }

    private void assertClose(String what, Function<Double, double[]> differences, double[] gradient) {
        double[] whole = differences.apply(step);
        Optional<String> mismatch = mismatch(what, whole, gradient);
        if (mismatch.isEmpty()) {
            return;
        }
        double[] half = differences.apply(step / 2);
        double[] extrapolated = IntStream.range(0, whole.length)
                .mapToDouble(i -> (4 * half[i] - whole[i]) / 3)
                .toArray();
        if (mismatch(what, extrapolated, gradient).isPresent()) {
            fail(mismatch.get() + explanation(whole, half));
        }
    }

    private Optional<String> mismatch(String what, double[] expected, double[] actual) {
        return TensorAssertions.mismatch(what, Shape.of(expected.length), expected, actual, tolerance);
    }

    private String explanation(double[] whole, double[] half) {
        double ratio = TensorAssertions.rmsRatio(half, whole);
        String differ =
                "%ncentral differences with steps %s and %s differ by a ratio of %.3g".formatted(step, step / 2, ratio);
        return ratio <= tolerance
                ? differ
                        + ", so curvature and rounding are not the cause: the gradient is wrong, or the step crosses a kink"
                : differ
                        + ", so curvature (if a smaller step helps) or rounding (if a larger one does) may be the cause:"
                        + " override gradientCheck() to set step and tolerance";
    }

    private static List<Tensor> gradients(
            List<Tensor> operands, List<Integer> chosen, Function<List<Tensor>, List<Tensor>> operation) {
        Tape tape = new Tape();
        List<Tensor> inputs = new ArrayList<>(operands);
        chosen.forEach(i -> inputs.set(i, tape.watch(operands.get(i))));
        List<Tensor> results = operation.apply(inputs);
        List<Tensor> weights = IntStream.range(0, results.size())
                .mapToObj(i -> weight(results.get(i), i))
                .toList();
        return tape.gradients(results, weights, chosen.stream().map(inputs::get).toList());
    }

    private static double[] differences(
            List<Tensor> operands,
            int index,
            int[] elements,
            double step,
            Function<List<Tensor>, List<Tensor>> operation) {
        double[] values = TensorValues.of(operands.get(index));
        return IntStream.of(elements)
                .mapToDouble(i -> {
                    double above = weightedSum(operands, index, i, values[i] + step, operation);
                    double below = weightedSum(operands, index, i, values[i] - step, operation);
                    return (above - below) / (2 * step);
                })
                .toArray();
    }

    // f where one element of one operand has another value
    private static double weightedSum(
            List<Tensor> operands,
            int index,
            int element,
            double value,
            Function<List<Tensor>, List<Tensor>> operation) {
        Device device = operands.get(index).device();
        double[] sum = new double[1];
        Scope.run(device, () -> {
            double[] values = TensorValues.of(operands.get(index));
            values[element] = value;
            List<Tensor> inputs = new ArrayList<>(operands);
            inputs.set(index, TensorValues.upload(device, operands.get(index).type(), values));
            List<Tensor> results = operation.apply(inputs);
            for (int i = 0; i < results.size(); i++) {
                sum[0] += dot(TensorValues.of(results.get(i)), TensorValues.of(weight(results.get(i), i)));
            }
        });
        return sum[0];
    }

    private static Tensor weight(Tensor result, int index) {
        return RandomTensors.seeded().normal(result.device(), "weight of result " + index, result.type());
    }

    private static double dot(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
    }
}
