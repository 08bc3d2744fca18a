package carve.app.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StepMetricsTest {
    private static StepMetrics of(int step, double value) {
        return new StepMetrics(
                step,
                value,
                Map.of("kl", value),
                Map.of("heads", Map.of(1, 2 * value)),
                0.1 * step,
                value,
                value,
                step);
    }

    @Test
    void fewAreLeftAsTheyAre() {
        List<StepMetrics> all = List.of(of(1, 3), of(2, 5));
        assertEquals(all, StepMetrics.downsampled(all, 2));
        assertEquals(List.of(), StepMetrics.downsampled(List.of(), 2));
    }

    @Test
    void manyAreMeansOfNeighbours() {
        List<StepMetrics> all =
                IntStream.rangeClosed(1, 5).mapToObj(i -> of(i, i)).toList();
        List<StepMetrics> thinned = StepMetrics.downsampled(all, 3);
        assertEquals(
                List.of(2L, 4L, 5L), thinned.stream().map(StepMetrics::step).toList());
        assertEquals(3.5, thinned.get(1).loss());
        assertEquals(Map.of("heads", Map.of(1, 7.0)), thinned.get(1).layerValues());
        assertEquals(Map.of("kl", 3.5), thinned.get(1).losses());
        assertEquals(0.4, thinned.get(1).learningRate(), 1e-12);
    }

    @Test
    void linesOfOldHaveLess() {
        StepMetrics stepMetrics =
                StepMetrics.of(Json.parseObject("{\"step\":3,\"loss\":1.5,\"rate\":0.1,\"layers\":{}}", "line"));
        assertEquals(Map.of(), stepMetrics.layerValues());
        assertEquals(Double.NaN, stepMetrics.tokensPerSecond());
        String bad = "{\"step\":3,\"loss\":1.5,\"rate\":0.1,\"layers\":{\"heads\":{\"first\":1}}}";
        assertThrows(JsonException.class, () -> StepMetrics.of(Json.parseObject(bad, "line")));
    }
}
