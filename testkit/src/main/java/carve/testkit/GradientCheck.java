package carve.testkit;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Compares the gradients that a tape gives with {@code (f(x + h) - f(x - h)) / 2h}, h = 0.01, where f is the sum of the
 * results, each element weighted by a random number.
 *
 * <p>The sum is taken in double precision on the host, so that what is compared is the gradient of the operation alone.
 */
public final class GradientCheck {
    private static final int MAX_SAMPLED_ELEMENTS = 24;

    private GradientCheck() {}

    /**
     * Asserts that the gradients of each F32 operand agree.
     *
     * @param what for messages
     * @param operands not watched; those that are not F32 are constants
     * @param operation gives floating-point results of its operands
     */
    public static void assertGradients(
            String what, List<Tensor> operands, Function<List<Tensor>, List<Tensor>> operation) {
        List<Integer> all = IntStream.range(0, operands.size())
                .filter(i -> operands.get(i).dtype() == DType.F32)
                .boxed()
                .toList();
        assertGradients(what, operands, all, operation);
    }

    /** Asserts that the gradients of the chosen operands agree. */
    public static void assertGradients(
            String what, List<Tensor> operands, List<Integer> chosen, Function<List<Tensor>, List<Tensor>> operation) {
        assertGradients(what, operands, chosen, Integer.MAX_VALUE, operation);
    }

    /** Asserts that the gradients of every operand agree at some of its elements, for operations that take long. */
    public static void assertSampledGradients(
            String what, List<Tensor> operands, Function<List<Tensor>, List<Tensor>> operation) {
        assertGradients(
                what, operands, IntStream.range(0, operands.size()).boxed().toList(), MAX_SAMPLED_ELEMENTS, operation);
    }

    private static void assertGradients(
            String what,
            List<Tensor> operands,
            List<Integer> chosen,
            int most,
            Function<List<Tensor>, List<Tensor>> operation) {
        List<Tensor> gradients = gradients(operands, chosen, operation);
        for (int i = 0; i < chosen.size(); i++) {
            int size = Math.toIntExact(operands.get(chosen.get(i)).shape().size());
            int[] elements = IntStream.range(0, size)
                    .filter(e -> size <= most || e * most / size != (e - 1) * most / size)
                    .toArray();
            double[] gradient = TensorValues.of(gradients.get(i));
            TensorAssertions.assertClose(
                    "%s: gradient of operand %d".formatted(what, chosen.get(i)),
                    Shape.of(elements.length),
                    differences(operands, chosen.get(i), elements, operation),
                    IntStream.of(elements).mapToDouble(e -> gradient[e]).toArray(),
                    Tolerance.CENTRAL_DIFFERENCE);
        }
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
            List<Tensor> operands, int index, int[] elements, Function<List<Tensor>, List<Tensor>> operation) {
        double[] values = TensorValues.of(operands.get(index));
        return IntStream.of(elements)
                .mapToDouble(i -> {
                    double above = at(operands, index, i, values[i] + Tolerance.DIFFERENCE_STEP, operation);
                    double below = at(operands, index, i, values[i] - Tolerance.DIFFERENCE_STEP, operation);
                    return (above - below) / (2 * Tolerance.DIFFERENCE_STEP);
                })
                .toArray();
    }

    private static double at(
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
