package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Results agree with golden files within limits that depend on what they are. */
final class FixtureTest {
    @Test
    void gradientsOfShortVectorsHaveAFloor() {
        try (Fixture fixture = Fixture.open("mm_layers/mamba2_attention")) {
            double official = 10 * fixture.referenceError("grad");
            assertEquals(Math.max(official, 2e-5), fixture.limit("grad", Shape.of(4)));
            assertEquals(Math.max(official, 2e-5), fixture.limit("grad", Shape.of(16)));
            assertEquals(official, fixture.limit("grad", Shape.of(17)));
            assertEquals(official, fixture.limit("grad", Shape.of(4, 4)));
            assertEquals(10 * fixture.referenceError("value"), fixture.limit("value", Shape.of(4)));
        }
    }

    @Test
    void anotherShapeIsNotTheResult() {
        try (Fixture fixture = Fixture.open("mm_layers/mamba2_attention")) {
            String name = fixture.names().stream()
                    .filter(tensor -> tensor.startsWith("out."))
                    .findFirst()
                    .orElseThrow();
            double[] values = new double[(int) fixture.shape(name).size() + 1];
            AssertionError error = assertThrows(
                    AssertionError.class, () -> fixture.assertAgrees("value", name, Shape.of(values.length), values));
            assertTrue(error.getMessage().contains(name), error.getMessage());
        }
    }
}
