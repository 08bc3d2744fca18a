package carve.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import org.junit.jupiter.api.Test;

final class CoalescedAxesTest {
    private static Object field(CoalescedAxes coalescedAxes, int index) {
        return coalescedAxes.struct().fields()[index];
    }

    @Test
    void axesThatLieSideBySideAreOne() {
        Shape shape = Shape.of(2, 1, 3, 5);
        var coalescedAxes = new CoalescedAxes(shape, ShapeInference.strides(shape), ShapeInference.strides(shape));
        assertEquals(1, field(coalescedAxes, 1));
        assertArrayEquals(new long[] {30, 0, 0, 0, 0, 0, 0, 0}, (long[]) field(coalescedAxes, 3));
    }

    @Test
    void broadcastAxesStayApart() {
        Shape shape = Shape.of(2, 3, 5);
        var coalescedAxes = new CoalescedAxes(
                shape, ShapeInference.strides(shape), ShapeInference.broadcastStrides(Shape.of(2, 1, 1), shape));
        assertEquals(2, field(coalescedAxes, 1));
        assertArrayEquals(new long[] {2, 15, 0, 0, 0, 0, 0, 0}, (long[]) field(coalescedAxes, 3));
        assertArrayEquals(new long[] {1, 0, 0, 0, 0, 0, 0, 0}, (long[]) field(coalescedAxes, 5));
    }

    @Test
    void tooManyAxesAreRefused() {
        Shape shape = Shape.of(2, 2, 2, 2, 2, 2, 2, 2, 2);
        long[] reversed = {1, 2, 4, 8, 16, 32, 64, 128, 256};
        assertThrows(DeviceException.class, () -> new CoalescedAxes(shape, reversed));
    }
}
