package carve.cuda.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cuda.CudaDevice;
import carve.cuda.EmulatedDevices;
import carve.cuda.EmulatedDriver;
import carve.cuda.RecordingDriver;
import carve.testkit.RandomTensors;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class GraphCacheTest {
    private final RecordingDriver driver = new RecordingDriver(1 << 20);

    private static KernelLaunch launch(int kernel, int blocks, int argument) {
        return KernelLaunch.of(kernel, KernelLaunch.Grid.of(blocks), argument);
    }

    private List<String> series(GraphCache graphCache, KernelLaunch... launches) {
        List.of(launches).forEach(graphCache::launch);
        graphCache.flush();
        return driver.calls();
    }

    @Test
    void seriesThatComesAgainBecomesAGraph() {
        var graphCache = new GraphCache(driver, true);
        assertEquals(List.of("launch 1", "launch 2"), series(graphCache, launch(0, 1, 5), launch(1, 2, 6)));
        assertEquals(List.of("record 2", "replay 7"), series(graphCache, launch(0, 1, 5), launch(1, 2, 6)));
        assertEquals(List.of("replay 7"), series(graphCache, launch(0, 1, 5), launch(1, 2, 6)));
    }

    private KernelLaunch[] five(int... arguments) {
        return IntStream.range(0, 5).mapToObj(i -> launch(i, 1, arguments[i])).toArray(KernelLaunch[]::new);
    }

    @Test
    void onlyWhatChangedIsChanged() {
        var graphCache = new GraphCache(driver, true);
        series(graphCache, five(1, 2, 3, 4, 5));
        series(graphCache, five(1, 2, 3, 4, 5));
        assertEquals(List.of("change 1 of 7", "replay 7"), series(graphCache, five(1, 9, 3, 4, 5)));
        assertEquals(List.of("replay 7"), series(graphCache, five(1, 9, 3, 4, 5)));
    }

    @Test
    void argumentsThatComeInTurnsHaveAGraphEach() {
        var graphCache = new GraphCache(driver, true);
        series(graphCache, five(1, 2, 3, 4, 5));
        assertEquals(List.of("record 5", "replay 7"), series(graphCache, five(11, 12, 13, 14, 15)));
        assertEquals(List.of("record 5", "replay 8"), series(graphCache, five(1, 2, 3, 4, 5)));
        assertEquals(List.of("replay 7"), series(graphCache, five(11, 12, 13, 14, 15)));
        assertEquals(List.of("change 4 of 8", "replay 8"), series(graphCache, five(1, 2, 3, 4, 6)));
    }

    @Test
    void theOldestSeriesIsForgotten() {
        var graphCache = new GraphCache(driver, true);
        for (int blocks = 1; blocks <= 8; blocks++) {
            series(graphCache, launch(0, blocks, 5));
            series(graphCache, launch(0, blocks, 5));
        }
        series(graphCache, launch(0, 1, 5)); // the second is now the oldest
        series(graphCache, launch(0, 9, 5));
        assertEquals(List.of("record 1", "replay 15", "forget 8"), series(graphCache, launch(0, 9, 5)));
        assertEquals(List.of("replay 7"), series(graphCache, launch(0, 1, 5)));
    }

    @Test
    void otherKernelsOrGridsAreAnotherSeries() {
        var graphCache = new GraphCache(driver, true);
        series(graphCache, launch(0, 1, 5));
        assertEquals(List.of("launch 2"), series(graphCache, launch(0, 2, 5)));
        assertEquals(List.of("launch 1"), series(graphCache, launch(1, 1, 5)));
        assertEquals(List.of("record 1", "replay 7"), series(graphCache, launch(0, 1, 5)));
    }

    @Test
    void turnedOffNothingWaits() {
        var graphCache = new GraphCache(driver, false);
        graphCache.launch(launch(0, 1, 5));
        assertEquals(List.of("launch 1"), driver.calls());
    }

    @Test
    void graphsChangeNoBits() {
        try (CudaDevice plain = EmulatedDevices.open(new EmulatedDriver(), false);
                CudaDevice replayed = EmulatedDevices.open(new EmulatedDriver(), true)) {
            for (int step = 0; step < 5; step++) {
                assertEquals(generated(plain, step), generated(replayed, step), "step " + step);
            }
        }
    }

    private static List<Float> generated(CudaDevice device, int step) {
        Tensor x = RandomTensors.seeded().normal(device, "x" + step, 3, 65);
        Tensor w = RandomTensors.seeded().normal(device, "w", 65, 7);
        float[] values = x.matmul(w)
                .add(Tensors.of(device, Shape.of(), (float) step))
                .exp()
                .floats();
        return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
    }
}
