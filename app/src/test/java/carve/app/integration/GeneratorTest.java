package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationEvent.FinishReason;
import carve.runtime.engine.GenerationEvent.TokenGenerated;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are answered together have the answers that each has alone, whatever is cached. */
final class GeneratorTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int TOKENS = 9;
    private static final List<Prompt> PROMPTS = List.of(
            Prompt.text(5, 17, 3, 90, 41, 8, 2), Prompt.text(7, 1), Prompt.text(33, 12, 99, 4), Prompt.text(9, 2));
    private static final Sampler RANDOM = new Sampler(0.9, 20, 0.95, 42, Set.of(120));

    private static void with(String name, Consumer<LoadedModel> body) {
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (ModelFolder folder = ModelFolder.open(
                        FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog());
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            int before = device.context().scopes().liveBuffers();
            body.accept(model);
            assertEquals(before, device.context().scopes().liveBuffers(), "buffers that were left");
        }
    }

    private static GenerationRequest request(Prompt prompt, Set<Integer> stops) {
        return new GenerationRequest(prompt, RANDOM, stops, TOKENS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_hybrid_tiny", "matvlm_tiny"})
    void answersTogetherAreThoseOfEachAlone(String name) {
        with(name, model -> {
            try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withMaxBatchSize(3));
                    Generator chunked = new Generator(model, GeneratorConfig.DEFAULT.withPrefillChunk(3))) {
                int stop = generator.generate(request(PROMPTS.get(1), Set.of()), TokenListener.NONE)
                        .tokens()[3];
                Map<Integer, List<Integer>> told = new TreeMap<>();
                List<Completion> together = generator.generate(
                        PROMPTS.stream()
                                .map(prompt -> request(prompt, Set.of(stop)))
                                .toList(),
                        (row, token) -> told.computeIfAbsent(row, _ -> new ArrayList<>())
                                .add(token));
                assertEquals(FinishReason.STOP, together.get(1).reason());
                for (int row = 0; row < PROMPTS.size(); row++) {
                    int[] alone = chunked.generate(request(PROMPTS.get(row), Set.of(stop)), TokenListener.NONE)
                            .tokens();
                    assertArrayEquals(alone, together.get(row).tokens(), "row " + row);
                    assertArrayEquals(
                            alone,
                            told.getOrDefault(row, List.of()).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray(),
                            "row " + row);
                }
            }
        });
    }

    /** A token that is in the prompt or in the answer counts as seen, in a batch and alone. */
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny"})
    void repetitionIsPenalisedByPromptAndAnswer(String name) {
        Sampler penalty = new Sampler(0, 0, 1, 0, 1.3, 42, Set.of(120));
        with(name, model -> {
            try (Generator generator = new Generator(model)) {
                List<GenerationRequest> requests = PROMPTS.stream()
                        .map(prompt -> new GenerationRequest(prompt, penalty, Set.of(), 24)
                                .with(new GenerationRequest.Outputs(-1, false, true)))
                        .toList();
                List<Completion> completions = generator.generate(requests, TokenListener.NONE);
                for (int i = 0; i < requests.size(); i++) {
                    Set<Integer> seen = new HashSet<>(
                            Arrays.stream(PROMPTS.get(i).tokens()).boxed().toList());
                    for (TokenGenerated step : completions.get(i).generated()) {
                        assertEquals(penalised(step.logits(), seen), step.token());
                        seen.add(step.token());
                    }
                }
            }
        });
    }

    private static int penalised(float[] logits, Set<Integer> seen) {
        int best = 0;
        float most = Float.NEGATIVE_INFINITY;
        for (int token = 0; token < logits.length; token++) {
            double logit = logits[token];
            float value = (float) (!seen.contains(token) ? logit : logit < 0 ? logit * 1.3 : logit / 1.3);
            if (token != 120 && value > most) {
                most = value;
                best = token;
            }
        }
        return best;
    }

    /** After the prompt and after the answer, at any position. */
    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_hybrid_tiny", "matvlm_tiny"})
    void nextTurnGoesOnFromAPinnedState(String name) {
        with(name, model -> {
            try (Generator generator = new Generator(model);
                    Generator plain = new Generator(model)) {
                Completion first = generator.generate(
                        request(PROMPTS.getFirst(), Set.of()).with(CachePolicy.PINNED), TokenListener.NONE);
                List<PinnedState> states = first.end().states();
                assertEquals(
                        List.of(7, 7 + TOKENS - 1),
                        states.stream().map(PinnedState::position).toList());
                Prompt next = states.get(1).prefix().with(List.of(6, 60, 16));
                for (int i = 1; i >= 0; i--) {
                    Completion second = generator.generate(request(next, Set.of()), TokenListener.NONE);
                    assertEquals(states.get(i).position(), second.prefill().cachedTokens());
                    assertArrayEquals(
                            plain.generate(request(next, Set.of()).with(CachePolicy.NONE), TokenListener.NONE)
                                    .tokens(),
                            second.tokens());
                    states.get(i).close();
                }
                Completion none = generator.generate(request(next, Set.of()), TokenListener.NONE);
                assertEquals(0, none.prefill().cachedTokens());
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = "matvlm_tiny")
    void listenerEndsAnAnswerAndAFailureLeavesNothing(String name) {
        with(name, model -> {
            try (Generator generator = new Generator(model)) {
                List<Integer> told = new ArrayList<>();
                TokenListener three = new TokenListener() {
                    @Override
                    public void onToken(int request, int token) {
                        told.add(token);
                    }

                    @Override
                    public boolean isCancelled() {
                        return told.size() >= 3;
                    }
                };
                Completion cancelled = generator.generate(request(PROMPTS.getFirst(), Set.of()), three);
                assertEquals(FinishReason.CANCELLED, cancelled.reason());
                assertTrue(told.size() < TOKENS, told::toString);
                IllegalArgumentException wrong = assertThrows(
                        IllegalArgumentException.class,
                        () -> generator.generate(
                                List.of(
                                        request(PROMPTS.getFirst(), Set.of()),
                                        request(Prompt.text(1, 1_000_000), Set.of())),
                                TokenListener.NONE));
                assertTrue(wrong.getMessage().contains("1000000"), wrong.getMessage());
            }
        });
    }
}
