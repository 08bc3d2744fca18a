package carve.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import org.junit.jupiter.api.Test;

/** Numbers of layers are numbers or percentages. */
final class KeptLayersTest {
    @Test
    void percentagesAreRounded() {
        assertEquals(8, KeptLayers.of("25%").of(30));
        assertEquals(4, KeptLayers.of("12.5%").of(32));
        assertEquals(5, KeptLayers.of("5").of(5));
        assertEquals(0, KeptLayers.of("0").of(5));
    }

    @Test
    void otherAmountsAreRefused() {
        refused("8.5", "keep: found '8.5'; write a number of layers such as 8, or a percentage such as 25%");
        refused("some", "keep: found 'some'; write a number of layers such as 8, or a percentage such as 25%");
        refused("120%", "keep: found 120%; the model has 5 layers");
    }

    private static void refused(String text, String message) {
        SettingsException error =
                assertThrows(SettingsException.class, () -> KeptLayers.of(text).of(5));
        assertEquals(message, error.getMessage());
    }
}
