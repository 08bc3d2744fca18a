package carve.app.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Json;
import carve.api.config.JsonException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MetricTest {
    private static Metric of(int step, double value) {
        return new Metric(
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
        List<Metric> all = List.of(of(1, 3), of(2, 5));
        assertEquals(all, Metric.thinned(all, 2));
        assertEquals(List.of(), Metric.thinned(List.of(), 2));
    }

    @Test
    void manyAreMeansOfNeighbours() {
        List<Metric> all = IntStream.rangeClosed(1, 5).mapToObj(i -> of(i, i)).toList();
        List<Metric> thinned = Metric.thinned(all, 3);
        assertEquals(List.of(2L, 4L, 5L), thinned.stream().map(Metric::step).toList());
        assertEquals(3.5, thinned.get(1).loss());
        assertEquals(Map.of("heads", Map.of(1, 7.0)), thinned.get(1).layers());
        assertEquals(Map.of("kl", 3.5), thinned.get(1).losses());
        assertEquals(0.4, thinned.get(1).rate(), 1e-12);
    }

    @Test
    void linesOfOldHaveLess() {
        Metric metric = Metric.of(Json.parseObject("{\"step\":3,\"loss\":1.5,\"rate\":0.1,\"layers\":{}}", "line"));
        assertEquals(Map.of(), metric.layers());
        assertEquals(Double.NaN, metric.speed());
        String bad = "{\"step\":3,\"loss\":1.5,\"rate\":0.1,\"layers\":{\"heads\":{\"first\":1}}}";
        assertThrows(JsonException.class, () -> Metric.of(Json.parseObject(bad, "line")));
    }
}
