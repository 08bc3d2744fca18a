package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class ShapeTest {
    private static final Shape SHAPE = Shape.of(2, 3, 5);

    @Test
    void axesCountFromEitherEnd() {
        assertEquals(5, SHAPE.extent(-1));
        assertEquals(2, SHAPE.extent(0));
        assertEquals(1, SHAPE.axis(-2));
        assertEquals(
                "no axis 3 in (2, 3, 5)",
                assertThrows(ShapeException.class, () -> SHAPE.axis(3)).getMessage());
        assertEquals(
                "no axis -4 in (2, 3, 5)",
                assertThrows(ShapeException.class, () -> SHAPE.axis(-4)).getMessage());
    }

    @Test
    void sizeIsTheProduct() {
        assertEquals(30, SHAPE.size());
        assertEquals(1, Shape.of().size());
        assertEquals(0, Shape.of(3, 0).size());
        assertEquals(15, SHAPE.product(1, 3));
        assertEquals(1L << 40, Shape.of(1 << 20, 1 << 20).size());
    }

    @Test
    void changesLeaveTheShapeAlone() {
        assertEquals(Shape.of(2, 7, 5), SHAPE.with(1, 7));
        assertEquals(Shape.of(2, 5), SHAPE.without(-2));
        assertEquals(Shape.of(2, 3, 5, 1, 4), SHAPE.append(1, 4));
        assertEquals(Shape.of(3, 5), SHAPE.sub(1, 3));
        int[] extents = SHAPE.extents();
        extents[0] = 9;
        assertArrayEquals(new int[] {2, 3, 5}, SHAPE.extents());
    }

    @Test
    void negativeExtentsAreRefused() {
        String message =
                assertThrows(ShapeException.class, () -> Shape.of(2, -1)).getMessage();
        assertEquals("extents must not be negative, [2, -1]", message);
    }

    @Test
    void readsAsExtentsInParentheses() {
        assertEquals("(2, 3, 5)", SHAPE.toString());
        assertEquals("()", Shape.of().toString());
        assertEquals("F32 (2)", TensorType.f32(2).toString());
    }
}
