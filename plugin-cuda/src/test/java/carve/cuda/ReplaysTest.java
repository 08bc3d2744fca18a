package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Randoms;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ReplaysTest {
    private final RecordingDriver driver = new RecordingDriver(1 << 20);

    private static Launch launch(int kernel, int blocks, int argument) {
        return Launch.of(kernel, Launch.Grid.of(blocks), argument);
    }

    private List<String> series(Replays replays, Launch... launches) {
        List.of(launches).forEach(replays::launch);
        replays.flush();
        return driver.asked();
    }

    @Test
    void seriesThatComesAgainBecomesAGraph() {
        var replays = new Replays(driver, true);
        assertEquals(List.of("launch 1", "launch 2"), series(replays, launch(0, 1, 5), launch(1, 2, 6)));
        assertEquals(List.of("record 2", "replay 7"), series(replays, launch(0, 1, 5), launch(1, 2, 6)));
        assertEquals(List.of("replay 7"), series(replays, launch(0, 1, 5), launch(1, 2, 6)));
    }

    private Launch[] five(int... arguments) {
        return IntStream.range(0, 5).mapToObj(i -> launch(i, 1, arguments[i])).toArray(Launch[]::new);
    }

    @Test
    void onlyWhatChangedIsChanged() {
        var replays = new Replays(driver, true);
        series(replays, five(1, 2, 3, 4, 5));
        series(replays, five(1, 2, 3, 4, 5));
        assertEquals(List.of("change 1 of 7", "replay 7"), series(replays, five(1, 9, 3, 4, 5)));
        assertEquals(List.of("replay 7"), series(replays, five(1, 9, 3, 4, 5)));
    }

    @Test
    void argumentsThatComeInTurnsHaveAGraphEach() {
        var replays = new Replays(driver, true);
        series(replays, five(1, 2, 3, 4, 5));
        assertEquals(List.of("record 5", "replay 7"), series(replays, five(11, 12, 13, 14, 15)));
        assertEquals(List.of("record 5", "replay 8"), series(replays, five(1, 2, 3, 4, 5)));
        assertEquals(List.of("replay 7"), series(replays, five(11, 12, 13, 14, 15)));
        assertEquals(List.of("change 4 of 8", "replay 8"), series(replays, five(1, 2, 3, 4, 6)));
    }

    @Test
    void theOldestSeriesIsForgotten() {
        var replays = new Replays(driver, true);
        for (int blocks = 1; blocks <= 8; blocks++) {
            series(replays, launch(0, blocks, 5));
            series(replays, launch(0, blocks, 5));
        }
        series(replays, launch(0, 1, 5)); // the second is now the oldest
        series(replays, launch(0, 9, 5));
        assertEquals(List.of("record 1", "replay 15", "forget 8"), series(replays, launch(0, 9, 5)));
        assertEquals(List.of("replay 7"), series(replays, launch(0, 1, 5)));
    }

    @Test
    void otherKernelsOrGridsAreAnotherSeries() {
        var replays = new Replays(driver, true);
        series(replays, launch(0, 1, 5));
        assertEquals(List.of("launch 2"), series(replays, launch(0, 2, 5)));
        assertEquals(List.of("launch 1"), series(replays, launch(1, 1, 5)));
        assertEquals(List.of("record 1", "replay 7"), series(replays, launch(0, 1, 5)));
    }

    @Test
    void turnedOffNothingWaits() {
        var replays = new Replays(driver, false);
        replays.launch(launch(0, 1, 5));
        assertEquals(List.of("launch 1"), driver.asked());
    }

    @Test
    void graphsChangeNoBits() {
        try (CudaDevice plain = HostDevices.open(new HostDriver(), false);
                CudaDevice replayed = HostDevices.open(new HostDriver(), true)) {
            for (int step = 0; step < 5; step++) {
                assertEquals(generated(plain, step), generated(replayed, step), "step " + step);
            }
        }
    }

    private static List<Float> generated(CudaDevice device, int step) {
        Tensor x = Randoms.seeded().normal(device, "x" + step, 3, 65);
        Tensor w = Randoms.seeded().normal(device, "w", 65, 7);
        float[] values = x.matmul(w)
                .add(Tensors.of(device, Shape.of(), (float) step))
                .exp()
                .floats();
        return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
    }
}
