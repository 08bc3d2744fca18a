package carve.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class GateTest {
    private static final float[] EXPECTED = {3, -4};

    @Test
    void whatIsAllowedApartIsGreen() {
        assertTrue(Gate.close("x", EXPECTED, new float[] {3.00003f, -4}, 1e-5).green());
        assertFalse(Gate.close("x", EXPECTED, new float[] {3.0001f, -4}, 1e-5).green());
    }

    @Test
    void whatIsNotANumberIsRed() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Gate gate = Gate.close("x", EXPECTED, new float[] {wrong, -4}, 1);
            assertFalse(gate.green());
            assertTrue(gate.finding().endsWith("not all finite"), gate.finding());
        }
    }

    @Test
    void missingValuesAreRed() {
        assertEquals(
                "x: 2 values expected, found 1",
                Gate.close("x", EXPECTED, new float[] {3}, 1).finding());
        assertFalse(Gate.close("x", new float[0], new float[0], 1).green());
    }

    @Test
    void oneRedAmongGreenOnesIsTheWorst() {
        Gate green = Gate.close("green", EXPECTED, EXPECTED, 1e-5);
        Gate red = Gate.close("red", EXPECTED, new float[] {Float.NaN, 0}, 1e-5);
        assertEquals(red, Gate.worst(List.of(green, red, green)));
    }
}
