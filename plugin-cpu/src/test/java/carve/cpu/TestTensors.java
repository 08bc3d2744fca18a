package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random tensors on two devices, and comparisons, for the tests of this module. */
public final class TestTensors {
    private TestTensors() {}

    /** Values of a shape, on no device yet. */
    public record HostTensor(Shape shape, float[] floats, int[] ints) {
        public Tensor on(Device device) {
            return floats.length > 0 || ints.length == 0
                    ? Tensors.of(device, shape, floats)
                    : Tensors.of(device, shape, ints);
        }
    }

    /** Returns random values between two bounds. */
    public static HostTensor random(SplittableRandom random, double from, double to, int... extents) {
        Shape shape = Shape.of(extents);
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(from, to);
        }
        return new HostTensor(shape, values, new int[0]);
    }

    /** Returns random integers. */
    public static HostTensor integers(SplittableRandom random, int from, int to, int... extents) {
        Shape shape = Shape.of(extents);
        return new HostTensor(
                shape, new float[0], random.ints(shape.size(), from, to).toArray());
    }

    /** Returns values on a device. */
    public static List<Tensor> toDevice(Device device, List<HostTensor> values) {
        List<Tensor> result = new ArrayList<>();
        values.forEach(v -> result.add(v.on(device)));
        return result;
    }

    /** Checks that the root mean square of the difference is within a ratio of that of what is expected. */
    public static void assertClose(String what, double ratio, Tensor expected, Tensor actual) {
        assertEquals(expected.type(), actual.type(), what);
        if (expected.dtype() == DType.I32) {
            org.junit.jupiter.api.Assertions.assertArrayEquals(expected.ints(), actual.ints(), what);
            return;
        }
        assertClose(what, ratio, expected.floats(), actual.floats());
    }

    /** Checks that the root mean square of the difference is within a ratio of that of what is expected. */
    public static void assertClose(String what, double ratio, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, what);
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] == actual[i] || Float.isNaN(expected[i]) && Float.isNaN(actual[i])) {
                size += Float.isFinite(expected[i]) ? (double) expected[i] * expected[i] : 0;
                continue;
            }
            error += Math.pow((double) actual[i] - expected[i], 2);
            size += (double) expected[i] * expected[i];
        }
        double rms = Math.sqrt(error / Math.max(1, expected.length));
        double bound = ratio * Math.sqrt(size / Math.max(1, expected.length)) + 1e-7;
        assertTrue(rms <= bound, () -> what + ": rms of the difference " + rms + ", at most " + bound);
    }
}
