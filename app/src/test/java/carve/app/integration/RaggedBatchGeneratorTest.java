package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.Drafter;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenGenerator;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts of different lengths have the answers together that each has alone. */
final class RaggedBatchGeneratorTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int TOKENS = 9;

    private static Sample prompt(int... tokens) {
        return new Sample(tokens, new boolean[tokens.length], Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_hybrid_tiny"})
    void answersAreThoseOfEachAlone(String name) {
        List<Sample> prompts = List.of(prompt(5, 17, 3, 90, 41, 8, 2), prompt(7, 1), prompt(33, 12, 99, 4));
        Sampler sampler = Sampler.greedy(Set.of(120));
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (ModelFolder folder = ModelFolder.open(
                        FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog());
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            int stop = new TokenGenerator(model, sampler, Set.of(), TOKENS)
                    .generate(prompts.subList(1, 2), (_, _) -> {})
                    .getFirst()[3];
            var tokenGenerator = new TokenGenerator(model, sampler, Set.of(stop), TOKENS);
            Map<Integer, List<Integer>> told = new TreeMap<>();
            List<int[]> answers = tokenGenerator.generate(
                    prompts,
                    (row, token) -> told.computeIfAbsent(row, _ -> new java.util.ArrayList<>())
                            .add(token));
            for (int row = 0; row < prompts.size(); row++) {
                int[] alone = tokenGenerator
                        .generate(prompts.subList(row, row + 1), (_, _) -> {})
                        .getFirst();
                assertArrayEquals(alone, answers.get(row), "row " + row);
                assertArrayEquals(alone, Drafter.ints(told.getOrDefault(row, List.of())), "row " + row);
            }
            var moving = tokenGenerator.withDeviceMoves(Map.of(2, () -> device));
            assertEquals(
                    "prompts that are answered together must have one length to move, have [7, 2, 4]",
                    assertThrows(IllegalArgumentException.class, () -> moving.generate(prompts, (_, _) -> {}))
                            .getMessage());
        }
    }
}
