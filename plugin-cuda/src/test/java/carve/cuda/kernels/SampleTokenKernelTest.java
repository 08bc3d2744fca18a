package carve.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.SampleToken;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cuda.EmulatedDevices;
import carve.testkit.RandomTensors;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SampleTokenKernelTest {
    private static final int ROWS = 20;
    private static final int COLUMNS = 300;

    private static List<int[]> chosen(Device device, SampleToken op) {
        float[] values = new float[ROWS * COLUMNS];
        double[] random = RandomTensors.seeded().normals("logits", values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(4 * random[i]) / 2f; // many that are equal
        }
        values[5 * COLUMNS + 299] = Float.NaN;
        values[9 * COLUMNS] = Float.POSITIVE_INFINITY;
        values[10 * COLUMNS + 7] = Float.NEGATIVE_INFINITY;
        Tensor logits = Tensors.of(device, Shape.of(ROWS, COLUMNS), values);
        return Tensors.apply(op, List.of(logits)).stream().map(Tensor::ints).toList();
    }

    @Test
    void tokensAreThoseOfTheDefinition() {
        List<Double> draws = IntStream.range(0, ROWS)
                .mapToObj(i -> i == 3 ? 0.0 : i == 4 ? 1 - 1e-7 : i / (double) ROWS)
                .toList();
        try (Device reference = new ReferenceDevice();
                Device device = EmulatedDevices.open()) {
            for (SampleToken op : List.of(
                    new SampleToken(1, 0, 1, List.of(), draws),
                    new SampleToken(0, 0, 1, List.of(3, 7), draws),
                    new SampleToken(0.7, 5, 1, List.of(COLUMNS, -1, 0), draws),
                    new SampleToken(2, 20, 0.5, List.of(1), draws),
                    new SampleToken(0.01, 1, 0.9, List.of(), draws))) {
                List<int[]> expected = chosen(reference, op);
                assertArrayEquals(expected.toArray(), chosen(device, op).toArray(), op.toString());
                for (int row = 0; row < ROWS; row++) {
                    boolean finite = row != 5 && row != 9;
                    assertEquals(finite ? expected.getFirst()[row] : -1, expected.get(1)[row], "row " + row);
                }
            }
        }
    }
}
