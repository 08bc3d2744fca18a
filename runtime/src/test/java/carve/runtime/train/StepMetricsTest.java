package carve.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class StepMetricsTest {
    @Test
    void gradientsOfLayersAreNormsOfAllTheirParameters() {
        StepMetrics values = new StepMetrics(
                1,
                Map.of(),
                Map.of(),
                Map.of(),
                6,
                Map.of(
                        "layers.2.mixer.q_proj.weight", 9.0,
                        "layers.2.mixer.k_proj.weight", 16.0,
                        "layers.10.mixer.A_log", 4.0,
                        "input.layers.1.weight", 7.0));
        assertEquals(Map.of(2, 5.0, 10, 2.0), values.layerGradientNorms());
    }
}
