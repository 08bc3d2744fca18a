package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class Float8Test {
    @ParameterizedTest
    @EnumSource(names = {"F8_E4M3", "F8_E5M2"})
    void bitsComeBack(DType dtype) {
        int finite = 0;
        for (int bits = -128; bits < 128; bits++) {
            float value = Float8.toFloat(dtype, (byte) bits);
            finite += Float.isFinite(value) ? 1 : 0;
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(Float8.toFloat(dtype, Float8.of(dtype, value))));
            } else {
                assertEquals((byte) bits, Float8.of(dtype, value), dtype + " " + value);
            }
        }
        assertEquals(dtype == DType.F8_E4M3 ? 254 : 248, finite);
    }

    @ParameterizedTest
    @EnumSource(names = {"F8_E4M3", "F8_E5M2"})
    void roundingIsToNearestTiesToEven(DType dtype) {
        SplittableRandom random = new SplittableRandom(42);
        for (int trial = 0; trial < 20_000; trial++) {
            float value = (float) Math.scalb(random.nextDouble(-2, 2), random.nextInt(-18, 8));
            float found = Float8.toFloat(dtype, Float8.of(dtype, value));
            for (int bits = -128; bits < 128; bits++) {
                float other = Float8.toFloat(dtype, (byte) bits);
                if (Float.isFinite(other)) {
                    assertTrue(Math.abs(found - value) <= Math.abs(other - value), () -> value + ": " + found);
                }
            }
        }
        boolean e4m3 = dtype == DType.F8_E4M3;
        assertEquals(1, Float8.toFloat(dtype, Float8.of(dtype, e4m3 ? 1.0625f : 1.125f)));
        assertEquals(e4m3 ? 1.25f : 1.5f, Float8.toFloat(dtype, Float8.of(dtype, e4m3 ? 1.1875f : 1.375f)));
    }

    @ParameterizedTest
    @EnumSource(names = {"F8_E4M3", "F8_E5M2"})
    void limitsAreThoseOfTheFormat(DType dtype) {
        boolean e4m3 = dtype == DType.F8_E4M3;
        float greatest = e4m3 ? 448 : 57344;
        assertEquals(greatest, Float8.toFloat(dtype, (byte) (e4m3 ? 0x7e : 0x7b)));
        assertEquals(Math.scalb(1f, e4m3 ? -9 : -16), Float8.toFloat(dtype, (byte) 1));
        float over = Float8.toFloat(dtype, Float8.of(dtype, 1e9f));
        assertTrue(e4m3 ? Float.isNaN(over) : over == Float.POSITIVE_INFINITY, dtype.name());
        assertEquals((byte) 0x80, Float8.of(dtype, -0.0f));
    }
}
