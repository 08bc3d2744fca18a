package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SampleToken;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.engine.PipelinedDecoder;
import carve.testkit.SmallModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Tokens that are chosen on the card and feed the next step there are those of steps that wait for each other. */
public final class DeviceTokenFeedTest {
    private static final int STEPS = 12;
    private static final int[] FIRST = {3, 5};

    private static List<Tensor> choice(Tensor logits, int step) {
        double draw = step * 0.37 % 1;
        var op = new SampleToken(0.8, 7, 0.9, List.of(0, 1), List.of(draw, 1 - draw));
        return Tensors.apply(op, logits);
    }

    /** Returns the tokens of two rows side by side, of steps each of which the host waits for. */
    public static List<int[]> waited(Device device) {
        try (LoadedModel model = SmallModels.decoder(device, 42);
                ModelState state = model.model().newState(device, 2, STEPS)) {
            List<int[]> tokens = new ArrayList<>(List.of(FIRST));
            for (int step = 1; step <= STEPS; step++) {
                int now = step;
                Scope.run(device, () -> {
                    var modelInputs = new ModelInputs(tokens.getLast(), SequenceLayout.unpadded(2, 1), Map.of());
                    Tensor logits = model.model().advance(model.params(), modelInputs, state);
                    tokens.add(choice(logits.reshape(2, -1), now).getFirst().ints());
                });
            }
            return tokens.subList(1, tokens.size());
        }
    }

    /** Returns the tokens of steps that run ahead. */
    public static List<int[]> streamed(Device device) {
        try (LoadedModel model = SmallModels.decoder(device, 42);
                ModelState state = model.model().newState(device, 2, STEPS);
                PipelinedDecoder stream = PipelinedDecoder.of(
                                model, List.of(state), FIRST, STEPS, DeviceTokenFeedTest::choice)
                        .orElseThrow()) {
            List<int[]> tokens = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                tokens.add(stream.next());
            }
            assertThrows(IllegalStateException.class, stream::next);
            return tokens;
        }
    }

    /** Asserts that two lists of tokens are the same. */
    public static void assertSame(List<int[]> expected, List<int[]> actual) {
        assertArrayEquals(expected.toArray(), actual.toArray());
        assertTrue(expected.stream().map(Arrays::toString).distinct().count() > 3, "tokens differ from step to step");
    }

    @Test
    void graphsAndRunningAheadChangeNoToken() {
        try (CudaDevice waits = EmulatedDevices.open();
                CudaDevice launches = EmulatedDevices.open();
                CudaDevice replays = EmulatedDevices.open(new EmulatedDriver(), true)) {
            List<int[]> expected = waited(waits);
            assertSame(expected, streamed(launches));
            assertSame(expected, streamed(replays));
        }
    }

    // a stream on a card that writes down what it is asked
    private static void recorded(boolean graphs, int steps, BiConsumer<RecordingDriver, PipelinedDecoder> body) {
        var driver = new RecordingDriver(1L << 30);
        try (CudaDevice device = EmulatedDevices.open(driver, graphs);
                LoadedModel model = SmallModels.decoder(device, 42);
                ModelState state = model.model().newState(device, 2, steps + 1);
                PipelinedDecoder stream = PipelinedDecoder.of(
                                model, List.of(state), FIRST, steps, DeviceTokenFeedTest::choice)
                        .orElseThrow()) {
            body.accept(driver, stream);
        }
    }

    @Test
    void stepIsAGraphThatNothingIsChangedInButTheDraws() {
        recorded(true, 99, (driver, stream) -> {
            for (int step = 0; step < 20; step++) {
                stream.next();
            }
            driver.calls();
            stream.next();
            List<String> asked = driver.calls();
            assertEquals(List.of("fetch 8", "fetch 12", "await 12", "await 8"), asked.subList(2, 6));
            assertTrue(asked.get(0).matches("change \\d+ of \\d+"), asked::toString);
            assertTrue(asked.get(1).matches("replay \\d+"), asked::toString);
            assertEquals(6, asked.size());
        });
    }

    @Test
    void hostAsksAFewStepsAheadOfWhatItReads() {
        recorded(false, 5, (driver, stream) -> {
            driver.calls();
            List<String> order = new ArrayList<>();
            for (int step = 0; step < 5; step++) {
                stream.next();
                driver.calls().stream()
                        .filter(asked -> asked.equals("fetch 8") || asked.equals("await 8"))
                        .forEach(order::add);
            }
            assertEquals(
                    List.of(
                            "fetch 8", "fetch 8", "fetch 8", "await 8", "fetch 8", "await 8", "fetch 8", "await 8",
                            "await 8", "await 8"),
                    order);
        });
    }
}
