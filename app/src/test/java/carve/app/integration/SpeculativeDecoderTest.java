package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.Drafter;
import carve.runtime.engine.Proposal;
import carve.runtime.engine.Proposal.Acceptance;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.SpeculativeDecoder;
import carve.runtime.engine.TokenGenerator;
import carve.runtime.engine.Verifier;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A draft changes how an answer comes about, and not the answer. */
final class SpeculativeDecoderTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final String DRAFT = "mmmamba_linear_tiny";
    private static final int TOKENS = 13;
    private static final Sample PROMPT = new Sample(new int[] {5, 17, 3, 90, 41, 8, 2}, new boolean[7], Map.of());

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

    private static int[] plain(LoadedModel model, Sampler sampler, Set<Integer> stops) {
        return new TokenGenerator(model, sampler, stops, TOKENS)
                .generate(List.of(PROMPT), (_, _) -> {})
                .getFirst();
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
                var output = new SpeculativeDecoder(model, draft, greedy, Set.of(), TOKENS, ahead)
                        .generate(PROMPT, (_, token) -> told.add(token));
                assertArrayEquals(alone, output.tokens(), ahead + " tokens ahead");
                assertArrayEquals(alone, Drafter.ints(told));
                assertArrayEquals(
                        plain(model, greedy, stops),
                        new SpeculativeDecoder(model, draft, greedy, stops, TOKENS, ahead)
                                .generate(PROMPT, (_, _) -> {})
                                .tokens());
            }
        }
    }

    @Test
    void aDraftThatIsTheModelSavesPasses() {
        for (Sampler sampler : List.of(Sampler.greedy(Set.of(120)), new Sampler(1, 5, 1, 42, Set.of(120)))) {
            try (LoadedModel model = load("mmmamba_hybrid_tiny");
                    LoadedModel draft = load("mmmamba_hybrid_tiny")) {
                var output = new SpeculativeDecoder(model, draft, sampler, Set.of(), TOKENS, 3)
                        .generate(PROMPT, (_, _) -> {});
                assertEquals(TOKENS, output.tokens().length);
                assertEquals(100, output.acceptancePercent(), "percent that stay");
                assertEquals(3, output.targetPasses(), "of 1 + 4 + 4 + 4 tokens");
            }
        }
    }

    @Test
    void aSeedGivesTheSameAnswer() {
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel draft = load(DRAFT)) {
            var speculativeDecoder =
                    new SpeculativeDecoder(model, draft, new Sampler(1, 0, 1, 7, Set.of(120)), Set.of(), TOKENS, 4);
            var output = speculativeDecoder.generate(PROMPT, (_, _) -> {});
            assertArrayEquals(
                    output.tokens(),
                    speculativeDecoder.generate(PROMPT, (_, _) -> {}).tokens());
        }
    }

    // rounds of which much, little, nothing and all stays, and more that come together than are fed a third time
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void statesAfterRefusalsAreThoseOfPlainDecoding(String name) {
        try (LoadedModel model = load(name);
                Verifier verifier = new Verifier(model, Sampler.greedy(Set.of(120)), PROMPT, 64);
                ModelState plain = model.model().newState(device, 1, 64)) {
            List<Integer> tokens = new ArrayList<>(List.of(verifier.begin()));
            int next = 10;
            for (int kept : new int[] {2, 0, 4, 0, 1, 3, 3, 3, 3, 2}) {
                List<Integer> proposed = List.of(next, next + 1, next + 2, next + 3);
                Proposal proposal = new Proposal(proposed, List.of());
                verifier.score(proposal);
                verifier.commit(proposal, new Acceptance(kept, next + 9));
                tokens.addAll(proposed.subList(0, kept));
                tokens.add(next + 9);
                next += 5;
            }
            verifier.feedPending(verifier.pendingCount());
            TokenGenerator.prefill(model, PROMPT, plain);
            tokens.forEach(token -> TokenGenerator.advance(model, ModelInputs.text(token), plain));
            assertEquals(plain.position(), verifier.state().position());
            Scope.run(device, () -> assertClose(plain, verifier.state()));
        }
    }

    private static void assertClose(ModelState expected, ModelState actual) {
        for (int i = 0; i < expected.layers().size(); i++) {
            Map<String, Tensor> saved = actual.layer(i).save();
            expected.layer(i).save().forEach((name, tensor) -> {
                float[] right = tensor.floats();
                float[] found = saved.get(name).floats();
                assertEquals(right.length, found.length);
                double error = 0;
                double size = 0;
                for (int j = 0; j < right.length; j++) {
                    error += Math.pow(found[j] - (double) right[j], 2);
                    size += Math.pow(right[j], 2);
                }
                assertEquals(0, Math.sqrt(error / size), 1e-4, name);
            });
        }
    }

    @Test
    void aDraftWithOtherTokensIsRefused() {
        try (LoadedModel model = load("mmmamba_hybrid_tiny");
                LoadedModel other = load(Path.of("..", "demo", "teacher"))) {
            var refused = assertThrows(
                    IllegalArgumentException.class,
                    () -> new SpeculativeDecoder(model, other, Sampler.greedy(Set.of(120)), Set.of(), 5, 4));
            assertEquals(
                    "a draft must have the tokens of its model, which are %d; it has %d: take one that was made of it"
                            .formatted(model.spec().vocabulary(), other.spec().vocabulary()),
                    refused.getMessage());
        }
    }
}
