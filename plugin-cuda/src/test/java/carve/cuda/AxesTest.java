package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.api.tensor.Shape;
import carve.api.tensor.Types;
import org.junit.jupiter.api.Test;

final class AxesTest {
    private static Object field(Axes axes, int index) {
        return axes.struct().fields()[index];
    }

    @Test
    void axesThatLieSideBySideAreOne() {
        Shape shape = Shape.of(2, 1, 3, 5);
        var axes = new Axes(shape, Types.strides(shape), Types.strides(shape));
        assertEquals(1, field(axes, 1));
        assertArrayEquals(new long[] {30, 0, 0, 0, 0, 0, 0, 0}, (long[]) field(axes, 3));
    }

    @Test
    void broadcastAxesStayApart() {
        Shape shape = Shape.of(2, 3, 5);
        var axes = new Axes(shape, Types.strides(shape), Types.broadcastStrides(Shape.of(2, 1, 1), shape));
        assertEquals(2, field(axes, 1));
        assertArrayEquals(new long[] {2, 15, 0, 0, 0, 0, 0, 0}, (long[]) field(axes, 3));
        assertArrayEquals(new long[] {1, 0, 0, 0, 0, 0, 0, 0}, (long[]) field(axes, 5));
    }

    @Test
    void tooManyAxesAreRefused() {
        Shape shape = Shape.of(2, 2, 2, 2, 2, 2, 2, 2, 2);
        long[] reversed = {1, 2, 4, 8, 16, 32, 64, 128, 256};
        assertThrows(DeviceException.class, () -> new Axes(shape, reversed));
    }
}
