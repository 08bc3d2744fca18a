package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.cpu.CpuDeviceProvider;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A linear model takes 103,000 positions, the length at which mmMamba is measured, in the memory of one piece. */
final class LongSequenceTest {
    private static final int POSITIONS = 103_000;
    private static final int PIECE = 1000;

    @Test
    void memoryDoesNotGrowWithTheSequence() {
        try (Device device = new CpuDeviceProvider().open(MapSettings.of(Map.of()));
                ModelFolder folder = ModelFolder.open(
                        Fixture.folder().resolve("mmmamba_linear_tiny"),
                        List.of(new HovleFamily()),
                        OfficialFixtures.mixers());
                LoadedModel model = folder.load(device, WeightPrecision.AS_STORED);
                ModelState state = model.model().newState(device, 1, POSITIONS)) {
            TreeSet<Long> stateBytes = new TreeSet<>();
            TreeSet<Integer> buffers = new TreeSet<>();
            TreeSet<Long> peaks = new TreeSet<>();
            for (int done = 0; done < POSITIONS; done += PIECE) {
                advance(device, model, state, done);
                stateBytes.add(state.bytes());
                buffers.add(device.context().scopes().liveBuffers());
                if (done >= 2 * PIECE) {
                    peaks.add(device.context().scopes().peakBytes());
                }
            }
            assertEquals(POSITIONS, state.position());
            assertEquals(1, stateBytes.size(), "bytes of the state: " + stateBytes);
            assertEquals(1, buffers.size(), "buffers alive between pieces: " + buffers);
            assertEquals(1, peaks.size(), "peaks of memory: " + peaks);
        }
    }

    private static void advance(Device device, LoadedModel model, ModelState state, int from) {
        int[] tokens = new int[PIECE];
        for (int i = 0; i < PIECE; i++) {
            tokens[i] = (from + i) * 31 % 119;
        }
        Scope.run(device, () -> {
            float[] logits = model.model()
                    .advance(model.params(), ModelInputs.text(tokens), state)
                    .floats();
            for (float logit : logits) {
                assertTrue(Float.isFinite(logit), "a logit after " + from + " positions is " + logit);
            }
        });
    }
}
