package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TensorTest {
    private final Device device = new ReferenceDevice();
    private final Tensor x = Tensors.of(device, Shape.of(2, 3), 1, 2, 3, 4, 5, 6f);

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void oneExtentMayBeInferred() {
        assertEquals(Shape.of(3, 2), x.reshape(-1, 2).shape());
        assertEquals(Shape.of(6), x.reshape(-1).shape());
        assertEquals(
                "reshape: (2, 3) does not divide into [-1, 4]",
                assertThrows(ShapeException.class, () -> x.reshape(-1, 4)).getMessage());
    }

    @Test
    void whatChangesNothingIsTheSameTensor() {
        assertSame(x, x.reshape(2, 3));
        assertSame(x, x.permute(0, 1));
        assertSame(x, x.slice(1, 0, 3));
        assertSame(x, x.pad(0, 0, 0));
        assertSame(x, x.cast(DType.F32));
        assertSame(x, x.broadcastTo(Shape.of(2, 3)));
        assertSame(x, x.detach());
    }

    @Test
    void axesMayCountFromTheEnd() {
        assertArrayEquals(new float[] {6, 15}, x.sum(-1).floats());
        assertArrayEquals(new float[] {2.5f, 3.5f, 4.5f}, x.mean(-2).floats());
        assertEquals(3.5f, x.mean().item());
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, x.transpose().floats());
        assertArrayEquals(new int[] {2, 2}, x.argMax(-1).ints());
    }

    @Test
    void valuesAreReadAsWhatTheyAre() {
        assertEquals(
                "ints: I32 expected, found F32 (2, 3)",
                assertThrows(ShapeException.class, x::ints).getMessage());
        assertEquals(
                "item: one value expected, there are 6 in (2, 3)",
                assertThrows(ShapeException.class, x::item).getMessage());
        assertArrayEquals(x.floats(), x.cast(DType.BF16).floats());
        assertEquals(
                "(2) takes 2 values, there are 1",
                assertThrows(ShapeException.class, () -> Tensors.of(device, Shape.of(2), 1f))
                        .getMessage());
    }

    @Test
    void operandsAreOnOneDevice() {
        try (Device other = new ReferenceDevice()) {
            Tensor y = Tensors.ones(other, Shape.of(3));
            assertEquals(
                    "operands are on different devices, reference and reference; upload one of them",
                    assertThrows(ShapeException.class, () -> x.add(y)).getMessage());
        }
    }

    @Test
    void readsAsTypeAndDevice() {
        assertEquals("F32 (2, 3) on reference", x.toString());
        assertEquals("F32 (2, 3) on reference, watched", new Tape().watch(x).toString());
    }
}
