package carve.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class CorrectnessGateTest {
    private static final float[] EXPECTED = {3, -4};

    @Test
    void whatIsAllowedApartIsGreen() {
        assertTrue(CorrectnessGate.compare("x", EXPECTED, new float[] {3.00003f, -4}, 1e-5)
                .passed());
        assertFalse(CorrectnessGate.compare("x", EXPECTED, new float[] {3.0001f, -4}, 1e-5)
                .passed());
    }

    @Test
    void whatIsNotANumberIsRed() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            CorrectnessGate correctnessGate = CorrectnessGate.compare("x", EXPECTED, new float[] {wrong, -4}, 1);
            assertFalse(correctnessGate.passed());
            assertTrue(correctnessGate.description().endsWith("not all finite"), correctnessGate.description());
        }
    }

    @Test
    void missingValuesAreRed() {
        assertEquals(
                "x: 2 values expected, found 1",
                CorrectnessGate.compare("x", EXPECTED, new float[] {3}, 1).description());
        assertFalse(CorrectnessGate.compare("x", new float[0], new float[0], 1).passed());
    }

    @Test
    void oneRedAmongGreenOnesIsTheWorst() {
        CorrectnessGate green = CorrectnessGate.compare("green", EXPECTED, EXPECTED, 1e-5);
        CorrectnessGate red = CorrectnessGate.compare("red", EXPECTED, new float[] {Float.NaN, 0}, 1e-5);
        assertEquals(red, CorrectnessGate.worst(List.of(green, red, green)));
    }
}
