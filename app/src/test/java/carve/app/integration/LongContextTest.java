package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A linear model reads 103K tokens with a state that does not grow, and leaves nothing behind. */
final class LongContextTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int PIECE = 2048;
    private static final int TOKENS = 103 * 1024;

    @Test
    void stateAndMemoryAreFlat() {
        Catalogs catalogs = TestDistribution.catalogs();
        try (Device device =
                        new DeviceSelector(catalogs.devices(), DeviceSelector.AUTO, KernelPolicy.PREFERRED).open();
                ModelFolder folder = ModelFolder.open(
                        FIXTURES.resolve("mmmamba_linear_tiny"),
                        catalogs.families().providers(),
                        catalogs.mixerCatalog());
                LoadedModel model = folder.load(device, WeightPrecision.AS_STORED);
                ModelState state = model.model().newState(device, 1, TOKENS)) {
            Set<Long> bytes = new HashSet<>();
            Set<Integer> buffers = new HashSet<>();
            float[] logits = new float[0];
            for (int done = 0; done < TOKENS; done += PIECE) {
                int first = done;
                int[] tokens = IntStream.range(0, Math.min(PIECE, TOKENS - done))
                        .map(i -> (first + 7 * i) % 100)
                        .toArray();
                logits = Scope.run(
                                device,
                                () -> List.of(model.model()
                                        .advance(model.params(), ModelInputs.text(tokens), state)
                                        .floats()))
                        .getFirst();
                bytes.add(state.bytes());
                buffers.add(device.context().scopes().liveBuffers());
            }
            assertEquals(TOKENS, state.position());
            assertEquals(Set.of(folder.spec().stateBytes(1, TOKENS)), bytes);
            assertEquals(1, buffers.size(), buffers::toString);
            float[] last = logits;
            assertTrue(IntStream.range(0, last.length).allMatch(i -> Float.isFinite(last[i])), Arrays.toString(last));
        }
    }
}
