package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Assertions on tensors and values. A failure names what differed, by how much, and where first.
 *
 * <p>Close means {@code rms(actual - expected) <= ratio * rms(expected) + 1e-7}, and all finite.
 */
public final class TensorAssertions {
    private static final double FLOOR = 1e-7;
    private static final int SHOWN = 10;

    private TensorAssertions() {}

    /** Asserts that two tensors have one type and are close; they may be on different devices. */
    public static void assertClose(String what, Tensor expected, Tensor actual, double ratio) {
        assertEquals(expected.type(), actual.type(), what + ": type");
        assertClose(what, expected.shape(), TensorValues.of(expected), TensorValues.of(actual), ratio);
    }

    /**
     * Asserts that two tensors have one type and are close, where expected values may vanish because larger ones
     * cancel: {@code rms(actual - expected) <= ratio * rms(expected) + floor}.
     *
     * @param floor the allowed difference of results however small they are
     */
    public static void assertClose(String what, Tensor expected, Tensor actual, double ratio, double floor) {
        assertEquals(expected.type(), actual.type(), what + ": type");
        assertClose(what, expected.shape(), TensorValues.of(expected), TensorValues.of(actual), ratio, floor);
    }

    /** Asserts that values of a shape are close. */
    public static void assertClose(String what, Shape shape, double[] expected, double[] actual, double ratio) {
        assertClose(what, shape, expected, actual, ratio, FLOOR);
    }

    private static void assertClose(
            String what, Shape shape, double[] expected, double[] actual, double ratio, double floor) {
        mismatch(what, shape, expected, actual, ratio, floor).ifPresent(message -> fail(message));
    }

    /** Returns a description of how values differ, or nothing if they are close. */
    static Optional<String> mismatch(String what, Shape shape, double[] expected, double[] actual, double ratio) {
        return mismatch(what, shape, expected, actual, ratio, FLOOR);
    }

    /** Returns {@code rms(actual - expected) / rms(expected)}, 0 if they are equal. */
    static double rmsRatio(double[] expected, double[] actual) {
        double error = rms(difference(expected, actual));
        return error == 0 ? 0 : error / rms(expected);
    }

    private static Optional<String> mismatch(
            String what, Shape shape, double[] expected, double[] actual, double ratio, double floor) {
        requireSameLength(what, expected, actual);
        double scale = rms(expected);
        double error = rms(difference(expected, actual));
        boolean finite = Arrays.stream(actual).allMatch(Double::isFinite);
        if (finite && error <= ratio * scale + floor) {
            return Optional.empty();
        }
        double limit = Double.isNaN(scale) ? Double.MAX_VALUE : ratio * scale + floor;
        return Optional.of("%s %s: rms of the difference %.3g, of what is expected %.3g, ratio %.3g, allowed %.3g%s%s"
                .formatted(
                        what,
                        shape,
                        error,
                        scale,
                        error / scale,
                        ratio,
                        finite ? "" : ", not all finite",
                        mismatches(
                                shape,
                                expected,
                                actual,
                                i -> !(Math.abs(actual[i] - expected[i]) <= limit) || !Double.isFinite(actual[i]))));
    }

    /** Asserts that two tensors have one type and the same bits; they may be on different devices. */
    public static void assertBitwiseEqual(String what, Tensor expected, Tensor actual) {
        assertEquals(expected.type(), actual.type(), what + ": type");
        if (TensorValues.bytes(expected).mismatch(TensorValues.bytes(actual)) != -1) {
            double[] want = TensorValues.of(expected);
            double[] have = TensorValues.of(actual);
            fail("%s %s: bits differ%s"
                    .formatted(
                            what,
                            expected.type(),
                            mismatches(
                                    expected.shape(),
                                    want,
                                    have,
                                    i -> Double.doubleToRawLongBits(want[i]) != Double.doubleToRawLongBits(have[i]))));
        }
    }

    /**
     * Asserts that values agree with the same computation in double precision: {@code max|actual - truth| <= limit *
     * max|truth|}, and all finite.
     */
    public static void assertMaxErrorWithin(String what, Shape shape, double[] truth, double[] actual, double limit) {
        requireSameLength(what, truth, actual);
        double scale = greatest(truth);
        double error = greatest(difference(truth, actual));
        if (!(error <= limit * scale) && error != 0) {
            fail("%s %s: greatest difference %.3g, greatest truth %.3g, ratio %.3g, allowed %.3g%s"
                    .formatted(
                            what,
                            shape,
                            error,
                            scale,
                            error / scale,
                            limit,
                            mismatches(shape, truth, actual, i -> !(Math.abs(actual[i] - truth[i]) <= limit * scale))));
        }
    }

    private static void requireSameLength(String what, double[] expected, double[] actual) {
        assertEquals(expected.length, actual.length, what + ": number of values");
    }

    private static double rms(double[] values) {
        return values.length == 0
                ? 0
                : Math.sqrt(Arrays.stream(values).map(v -> v * v).sum() / values.length);
    }

    // NaN if one is, unlike DoubleStream.max of an empty stream
    private static double greatest(double[] values) {
        return Arrays.stream(values).map(Math::abs).reduce(0, Math::max);
    }

    private static double[] difference(double[] expected, double[] actual) {
        return IntStream.range(0, expected.length)
                .mapToDouble(i -> actual[i] == expected[i] ? 0 : actual[i] - expected[i])
                .toArray();
    }

    private static String mismatches(Shape shape, double[] expected, double[] actual, IntPredicate differs) {
        int[] all = IntStream.range(0, expected.length).filter(differs).toArray();
        String first = Arrays.stream(all)
                .limit(SHOWN)
                .mapToObj(i -> "\n  at %s expected %.9g, found %.9g".formatted(index(shape, i), expected[i], actual[i]))
                .collect(Collectors.joining());
        return "; %d of %d beyond it%s%s"
                .formatted(all.length, expected.length, first, all.length > SHOWN ? "\n  ..." : "");
    }

    private static String index(Shape shape, int flat) {
        int[] index = new int[shape.rank()];
        int rest = flat;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape.extent(axis);
            rest /= shape.extent(axis);
        }
        return Arrays.toString(index);
    }
}
