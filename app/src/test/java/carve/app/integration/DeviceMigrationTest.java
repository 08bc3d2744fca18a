package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session goes on on another device as if it had stayed, whatever its layers remember. */
final class DeviceMigrationTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int TOKENS = 10;

    private Catalogs catalogs;

    @BeforeEach
    void load() {
        catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
    }

    private Device open(String name) {
        return new DeviceSelector(catalogs.devices(), name, KernelPolicy.PREFERRED).open();
    }

    private static int[] answer(LoadedModel model, Map<Integer, Supplier<Device>> moves) {
        Prompt prompt = Prompt.text(5, 17, 3, 90, 41, 8, 2);
        GenerationRequest request =
                new GenerationRequest(prompt, Sampler.greedy(Set.of(120)), Set.of(), TOKENS).withDeviceMoves(moves);
        try (Generator generator = new Generator(model)) {
            return generator.generate(request, TokenListener.NONE).tokens();
        }
    }

    // attention alone; mamba2 alone; both; mamba-in-llama and attention
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny", "matvlm_tiny"})
    void tokensAreTheSameWhereverTheyAreMade(String name) {
        try (ModelFolder folder = ModelFolder.open(
                        FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog());
                Device reference = open("reference");
                Device cpu = open("cpu");
                LoadedModel here = folder.load(reference, WeightPrecision.AS_STORED);
                LoadedModel there = folder.load(cpu, WeightPrecision.AS_STORED)) {
            int[] stayed = answer(here, Map.of());
            assertEquals(TOKENS, stayed.length);
            int before = cpu.context().scopes().liveBuffers();
            assertArrayEquals(stayed, answer(there, Map.of()));
            assertArrayEquals(stayed, answer(here, Map.of(1, () -> cpu)));
            assertArrayEquals(stayed, answer(here, Map.of(2, () -> cpu, 5, () -> reference, 7, () -> cpu)));
            assertArrayEquals(stayed, answer(there, Map.of(4, () -> reference)));
            assertEquals(before, cpu.context().scopes().liveBuffers());
        }
    }

    private static void advance(LoadedModel model, ModelState state, int... tokens) {
        Scope.run(model.device(), () -> {
            model.model().advance(model.params(), ModelInputs.text(tokens), state);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba_hybrid_tiny", "matvlm_tiny"})
    void movedStatesStandWhereTheyStood(String name) {
        try (ModelFolder folder = ModelFolder.open(
                        FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog());
                Device reference = open("reference");
                Device cpu = open("cpu");
                LoadedModel here = folder.load(reference, WeightPrecision.AS_STORED);
                LoadedModel there = here.copyTo(cpu);
                ModelState state = here.model().newState(reference, 1, 16)) {
            advance(here, state, 4, 9, 7);
            try (ModelState moved = state.copyTo(here, there)) {
                assertEquals(3, moved.position());
                assertEquals(16, moved.capacity());
                assertEquals(state.bytes(), moved.bytes());
                // each goes its own way
                advance(there, moved, 1);
                assertEquals(List.of(3, 4), List.of(state.position(), moved.position()));
            }
        }
    }
}
