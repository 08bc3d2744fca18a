package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.Completion;
import carve.runtime.engine.DraftModel;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.SpeculationMetrics;
import carve.runtime.engine.TokenListener;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A draft changes how an answer comes about, and not the answer. */
final class SpeculationTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final String DRAFT = "mmmamba_linear_tiny";
    private static final int TOKENS = 13;
    private static final Prompt PROMPT = Prompt.text(5, 17, 3, 90, 41, 8, 2);

    private static Catalogs catalogs;

    private Device device;

    @BeforeAll
    static void find() {
        catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
    }

    @BeforeEach
    void open() {
        device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private LoadedModel load(String name) {
        return load(FIXTURES.resolve(name));
    }

    private LoadedModel load(Path path) {
        try (ModelFolder folder = ModelFolder.open(path, catalogs.families().providers(), catalogs.mixerCatalog())) {
            return folder.load(device, WeightPrecision.F32);
        }
    }

    private static GenerationRequest request(Sampler sampler, Set<Integer> stops, int tokens) {
        return new GenerationRequest(PROMPT, sampler, stops, tokens);
    }

    private static int[] plain(LoadedModel model, Sampler sampler, Set<Integer> stops) {
        try (Generator generator = new Generator(model)) {
            return generator
                    .generate(request(sampler, stops, TOKENS), TokenListener.NONE)
                    .tokens();
        }
    }

    private static Generator generator(LoadedModel model, LoadedModel draft, int draftTokens) {
        return new Generator(model, GeneratorConfig.DEFAULT.with(new DraftModel(draft, draftTokens)));
    }

    // attention alone; mamba2 alone; both
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void greedyTokensAreThoseOfTheModelAlone(String name) {
        Sampler greedy = Sampler.greedy(Set.of(120));
        try (LoadedModel model = load(name);
                LoadedModel draft = load(DRAFT)) {
            int[] alone = plain(model, greedy, Set.of());
            Set<Integer> stops = Set.of(alone[TOKENS - 3]);
            for (int ahead : new int[] {1, 3, 5}) {
                List<Integer> told = new ArrayList<>();
                try (Generator generator = generator(model, draft, ahead)) {
                    Completion completion =
                            generator.generate(request(greedy, Set.of(), TOKENS), (_, token) -> told.add(token));
                    assertArrayEquals(alone, completion.tokens(), ahead + " tokens ahead");
                    assertArrayEquals(
                            alone, told.stream().mapToInt(Integer::intValue).toArray());
                    assertArrayEquals(
                            plain(model, greedy, stops),
                            generator
                                    .generate(request(greedy, stops, TOKENS), TokenListener.NONE)
                                    .tokens());
                }
            }
        }
    }

    /** A penalty changes with each token, so that proposals are not scored with it. */
    @Test
    void aPenaltyOfRepetitionNeedsNoDraft() {
        Sampler penalty = new Sampler(0, 0, 1, 0, 1.3, 42, Set.of(120));
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel draft = load(DRAFT);
                Generator generator = generator(model, draft, 3)) {
            Completion completion = generator.generate(request(penalty, Set.of(), TOKENS), TokenListener.NONE);
            assertArrayEquals(plain(model, penalty, Set.of()), completion.tokens());
            assertEquals(SpeculationMetrics.NONE, completion.end().speculation());
        }
    }

    /** Few sequences take steps with the draft, many take steps together; sequences come and go. */
    @Test
    void sequencesGoFromBatchesToDraftsAndBack() {
        Sampler greedy = Sampler.greedy(Set.of(120));
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel draft = load(DRAFT);
                Generator plain = new Generator(model);
                Generator generator = generator(model, draft, 3)) {
            List<GenerationRequest> requests = List.of(
                    request(greedy, Set.of(), 30),
                    request(greedy, Set.of(), 5),
                    request(greedy, Set.of(), 1),
                    request(greedy, Set.of(), 12));
            List<Completion> expected = plain.generate(requests, TokenListener.NONE);
            List<Completion> actual = generator.generate(requests, TokenListener.NONE);
            for (int i = 0; i < requests.size(); i++) {
                assertArrayEquals(expected.get(i).tokens(), actual.get(i).tokens(), "request " + i);
            }
            assertTrue(actual.getFirst().end().speculation().draftedTokens() > 0, "the longest is left alone");
            assertEquals(SpeculationMetrics.NONE, actual.get(2).end().speculation());
        }
    }

    @Test
    void aDraftThatIsTheModelSavesPasses() {
        for (Sampler sampler : List.of(Sampler.greedy(Set.of(120)), new Sampler(1, 5, 1, 42, Set.of(120)))) {
            try (LoadedModel model = load("mmmamba_hybrid_tiny");
                    LoadedModel draft = load("mmmamba_hybrid_tiny")) {
                Completion completion =
                        generator(model, draft, 3).generate(request(sampler, Set.of(), TOKENS), TokenListener.NONE);
                assertEquals(TOKENS, completion.tokens().length);
                SpeculationMetrics counts = completion.end().speculation();
                assertEquals(100, counts.acceptancePercent(), "percent that are accepted");
                assertEquals(3, counts.targetPasses(), "of 1 + 4 + 4 + 4 tokens");
            }
        }
    }

    @Test
    void aSeedGivesTheSameAnswer() {
        GenerationRequest request = request(new Sampler(1, 0, 1, 7, Set.of(120)), Set.of(), TOKENS);
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel draft = load(DRAFT);
                Generator generator = generator(model, draft, 4)) {
            assertArrayEquals(
                    generator.generate(request, TokenListener.NONE).tokens(),
                    generator.generate(request, TokenListener.NONE).tokens());
        }
    }

    // the draft is right seldom, and so tokens come together that are fed again
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void statesAfterRejectionsAreThoseOfPlainDecoding(String name) {
        Sampler greedy = Sampler.greedy(Set.of(120));
        try (LoadedModel model = load(name);
                LoadedModel draft = load(name.equals(DRAFT) ? "mmmamba_hybrid_tiny" : DRAFT);
                Generator plain = new Generator(model);
                Generator generator = generator(model, draft, 4)) {
            Completion drafted =
                    generator.generate(request(greedy, Set.of(), 60).with(CachePolicy.PINNED), TokenListener.NONE);
            SpeculationMetrics counts = drafted.end().speculation();
            assertTrue(counts.acceptedTokens() < counts.draftedTokens(), counts::toString);
            PinnedState actual = drafted.end().states().getLast();
            int tokens = actual.position() - PROMPT.length() + 1;
            assertTrue(tokens > 20, "tokens that the state has seen: " + tokens);
            PinnedState expected = plain.generate(
                            request(greedy, Set.of(), tokens).with(CachePolicy.PINNED), TokenListener.NONE)
                    .end()
                    .states()
                    .getLast();
            assertArrayEquals(expected.prefix().tokens(), actual.prefix().tokens());
            assertClose(expected.tensors(), actual.tensors());
        }
    }

    private static void assertClose(TensorSource expected, TensorSource actual) {
        assertEquals(expected.names(), actual.names());
        for (String name : expected.names()) {
            float[] right = floats(expected, name);
            float[] found = floats(actual, name);
            assertEquals(right.length, found.length);
            double error = 0;
            double size = 0;
            for (int j = 0; j < right.length; j++) {
                error += Math.pow(found[j] - (double) right[j], 2);
                size += Math.pow(right[j], 2);
            }
            assertEquals(0, Math.sqrt(error / size), 1e-4, name);
        }
    }

    private static float[] floats(TensorSource source, String name) {
        return DTypeConversion.floats(source.type(name).dtype(), source.data(name));
    }

    @Test
    void aDraftWithOtherTokensIsRefused() {
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel other = load(Path.of("..", "demo", "teacher"))) {
            var refused = assertThrows(IllegalArgumentException.class, () -> generator(model, other, 4));
            assertEquals(
                    ("draft and target model must share a vocabulary: the target has %d tokens, the draft %d;"
                                    + " use a draft that was distilled from the target")
                            .formatted(model.spec().vocabulary(), other.spec().vocabulary()),
                    refused.getMessage());
        }
    }
}
