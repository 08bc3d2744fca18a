package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.param.CounterRandom;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.api.text.Processor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.EngineConfig;
import carve.runtime.engine.EngineModel;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.SmallFamily;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts with any number of pictures and tiles have the answers of one pass over the whole prompt, however they are cut. */
final class PicturePromptsTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int SIDE = 28;
    private static final int TOKENS = 5;
    private static final int WHOLE = 4096;

    /** The pictures of a family: the name of their pixels, and how many positions a tile takes. */
    private record Pictures(String pixels, int imageToken, int tokensPerTile) {
        Prompt prompt(int pictures, int tiles) {
            List<Integer> tokens = new ArrayList<>(List.of(5));
            for (int picture = 0; picture < pictures; picture++) {
                for (int i = 0; i < tiles * tokensPerTile; i++) {
                    tokens.add(imageToken);
                }
                tokens.addAll(List.of(7 + picture, 9, 11).subList(0, picture % 3));
            }
            tokens.addAll(List.of(17, 3));
            int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
            HostTensor values = values(Shape.of(pictures * tiles, 3, SIDE, SIDE));
            return Prompt.of(
                    new Sample(ids, new boolean[ids.length], Map.of(pixels, values)), OptionalInt.of(imageToken));
        }

        private static HostTensor values(Shape shape) {
            CounterRandom random = new CounterRandom(42, "pixels");
            float[] values = new float[Math.toIntExact(shape.size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (2 * random.uniform(i) - 1);
            }
            return new HostTensor(shape, values);
        }
    }

    private static GenerationRequest request(Prompt prompt, int imageToken) {
        return new GenerationRequest(prompt, new Sampler(0.9, 0, 1, 42, Set.of(imageToken)), Set.of(), TOKENS);
    }

    @ParameterizedTest
    @Timeout(120)
    @CsvSource({
        "hovle_tiny, pixel_values, 120, 4",
        "mmmamba_hybrid_tiny, pixel_values, 120, 4",
        "matvlm_tiny, images, -200, 15"
    })
    void answersAreThoseOfAWholePass(String name, String pixels, int imageToken, int tokensPerTile) {
        Pictures images = new Pictures(pixels, imageToken, tokensPerTile);
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (ModelFolder folder = ModelFolder.open(FIXTURES.resolve(name), catalogs);
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            int before = device.context().scopes().liveBuffers();
            for (int pictures = 1; pictures <= 4; pictures++) {
                for (int tiles : List.of(1, 3)) {
                    check(model, images, images.prompt(pictures, tiles));
                }
            }
            assertEquals(before, device.context().scopes().liveBuffers(), "buffers that were left");
        }
    }

    private static void check(LoadedModel model, Pictures images, Prompt prompt) {
        GenerationRequest request = request(prompt, images.imageToken);
        int[] expected = answer(model, WHOLE, request);
        for (int chunk : List.of(1, 3, images.tokensPerTile, 8, 64)) {
            assertArrayEquals(
                    expected,
                    answer(model, chunk, request),
                    "%d rows in chunks of %d".formatted(prompt.mediaRows().size(), chunk));
        }
    }

    private static int[] answer(LoadedModel model, int chunk, GenerationRequest request) {
        try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withPrefillChunk(chunk))) {
            return generator.generate(request, TokenListener.NONE).tokens();
        }
    }

    /** Side by side, with the prefix cache, twice. */
    @ParameterizedTest
    @Timeout(120)
    @CsvSource({"hovle_tiny, pixel_values, 120, 4", "matvlm_tiny, images, -200, 15"})
    void theServerGivesTheAnswersOfTheGenerator(String name, String pixels, int imageToken, int tokensPerTile) {
        Pictures images = new Pictures(pixels, imageToken, tokensPerTile);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int pictures = 1; pictures <= 4; pictures++) {
            requests.add(request(images.prompt(pictures, 1), imageToken));
            requests.add(request(images.prompt(pictures, 3), imageToken));
        }
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        List<List<Integer>> expected = new ArrayList<>();
        try (ModelFolder folder = ModelFolder.open(FIXTURES.resolve(name), catalogs);
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            requests.forEach(request -> expected.add(
                    Arrays.stream(answer(model, WHOLE, request)).boxed().toList()));
        }
        EngineConfig config = new EngineConfig(4, 64, 8, 1000, 16 << 20, 0, List.of());
        try (ModelEngine engine = ModelEngine.open("pictures", () -> open(FIXTURES.resolve(name), catalogs), config)) {
            for (int turn = 0; turn < 2; turn++) {
                assertEquals(
                        expected,
                        requests.stream().map(engine::submit).toList().stream()
                                .map(job -> RandomPrompts.answer(job).tokens())
                                .toList());
            }
        }
    }

    private static EngineModel open(Path path, Catalogs catalogs) {
        ModelFolder folder = ModelFolder.open(path, catalogs);
        Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
        LoadedModel model = folder.load(device, WeightPrecision.F32);
        Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
        return new EngineModel(model, letters, List.of(path.toString()), List.of(folder, device));
    }
}
