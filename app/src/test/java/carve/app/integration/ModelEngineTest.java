package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.DeviceException;
import carve.api.param.CounterRandom;
import carve.runtime.engine.EngineConfig;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelEngineTest {
    private static final int SESSIONS = 24;

    private static List<Prompt> prompts() {
        CounterRandom random = new CounterRandom(42, "prompts");
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            prompts.add(RandomPrompts.prompt(
                    RandomPrompts.random(random, 1000 * i, 1 + random.below(1000 * i + 999, 40))));
        }
        return prompts;
    }

    private static List<GenerationJob> submit(ModelEngine engine, List<Prompt> prompts) {
        List<GenerationJob> jobs = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            jobs.add(engine.submit(RandomPrompts.request(prompts.get(i), i, 3 + i, false)));
        }
        return jobs;
    }

    /** To the bit of the most probable token's score, whoever comes and goes meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"mamba2 mamba2", "attention mamba2", "attention mamba-in-llama"})
    @Timeout(120)
    void sessionsSideBySideGetWhatTheyGetAlone(String mixers) {
        try (ModelEngine engine =
                TestEngines.onCpu(new EngineConfig(16, 64, 8, 1000, 0, 0, List.of()), mixers.split(" "))) {
            List<List<Integer>> alone = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                GenerationJob generationJob =
                        engine.submit(RandomPrompts.request(prompts().get(i), i, 3 + i, false));
                alone.add(RandomPrompts.answer(generationJob).tokens());
            }
            List<List<Integer>> together = submit(engine, prompts()).stream()
                    .map(generationJob -> RandomPrompts.answer(generationJob).tokens())
                    .toList();
            assertEquals(alone, together);
        }
    }

    /** With the draft for few sequences and without for many, with states from the cache and without. */
    @Test
    @Timeout(120)
    void draftModelChangesNoGreedyAnswer() {
        TestEngines testEngines = new TestEngines();
        EngineConfig config = TestEngines.config(1 << 20, 0, List.of());
        List<GenerationRequest> requests = prompts().stream()
                .map(prompt -> new GenerationRequest(prompt, Sampler.greedy(Set.of()), Set.of(), 12))
                .toList();
        List<List<Integer>> expected;
        try (ModelEngine engine = testEngines.small("plain", config, false)) {
            expected = requests.stream()
                    .map(request -> RandomPrompts.answer(engine.submit(request)).tokens())
                    .toList();
        }
        try (ModelEngine engine = testEngines.drafted(config)) {
            List<GenerationJob> together = requests.stream().map(engine::submit).toList();
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(
                        expected.get(i), RandomPrompts.answer(together.get(i)).tokens(), "together, " + i);
            }
            for (int i = 0; i < 6; i++) {
                assertEquals(
                        expected.get(i),
                        RandomPrompts.answer(engine.submit(requests.get(i))).tokens(),
                        "alone, " + i);
            }
            assertTrue(engine.metrics().counters().get("draft_tokens") > 0);
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void nothingIsLeftOfWhatIsCancelled() throws InterruptedException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("cancel", TestEngines.config(1 << 20, 0, List.of()), false)) {
            List<GenerationJob> jobs = submit(engine, prompts());
            for (int i = 0; i < jobs.size(); i += 2) {
                jobs.get(i).cancel();
            }
            for (int i = 0; i < jobs.size(); i++) {
                GenerationEvent last = jobs.get(i).take();
                while (!(last instanceof GenerationEvent.Finished)) {
                    last = jobs.get(i).take();
                }
                boolean cancelled =
                        ((GenerationEvent.Finished) last).reason() == GenerationEvent.FinishReason.CANCELLED;
                assertTrue(i % 2 == 0 || !cancelled, "nobody cancelled job " + i);
            }
            while (engine.metrics().active() > 0) {
                Thread.sleep(1);
            }
            assertEquals(0, engine.metrics().waiting());
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void tooManyAreRefusedAndTooLongOnes() {
        TestEngines testEngines = new TestEngines();
        EngineConfig config = new EngineConfig(1, 2, 8, 100, 0, 0, List.of());
        try (ModelEngine engine = testEngines.small("full", config, false)) {
            Prompt prompt = RandomPrompts.prompt(List.of(1, 2, 3));
            EngineException tooLong = assertThrows(
                    EngineException.class, () -> engine.submit(RandomPrompts.request(prompt, 1, 98, true)));
            assertEquals(EngineException.Reason.CONTEXT_LENGTH_EXCEEDED, tooLong.reason());
            for (int maxTokens : new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE - 3, Integer.MAX_VALUE - 2}) {
                EngineException overflow = assertThrows(
                        EngineException.class, () -> engine.submit(RandomPrompts.request(prompt, 1, maxTokens, true)));
                assertEquals(EngineException.Reason.CONTEXT_LENGTH_EXCEEDED, overflow.reason());
            }
            EngineException busy = assertThrows(EngineException.class, () -> {
                for (int i = 0; i < 1000; i++) {
                    engine.submit(RandomPrompts.request(prompt, i, 97, true));
                }
            });
            assertEquals(EngineException.Reason.QUEUE_FULL, busy.reason());
            assertEquals("The model 'full' has 2 requests waiting already; try again later.", busy.getMessage());
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void closingLetsSessionsFinish() throws InterruptedException {
        TestEngines testEngines = new TestEngines();
        ModelEngine engine = testEngines.small("closing", TestEngines.config(0, 0, List.of()), false);
        GenerationRequest endless =
                new GenerationRequest(RandomPrompts.prompt(List.of(1, 2, 3)), Sampler.greedy(Set.of()), Set.of(), 50);
        GenerationJob generationJob = engine.submit(endless);
        engine.close(60_000);
        assertEquals(50, RandomPrompts.answer(generationJob).tokens().size());
        assertFalse(engine.isRunning());
        EngineException closed = assertThrows(
                EngineException.class,
                () -> engine.submit(RandomPrompts.request(RandomPrompts.prompt(List.of(1)), 1, 1, true)));
        assertEquals(EngineException.Reason.CLOSED, closed.reason());
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void whatIsWrongWithOneRequestIsToldToIt() throws InterruptedException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("wrong", TestEngines.config(0, 0, List.of()), true)) {
            GenerationJob wrong =
                    engine.submit(RandomPrompts.request(RandomPrompts.prompt(List.of(1, 1000)), 1, 5, true));
            GenerationEvent.Failed failed = assertInstanceOf(GenerationEvent.Failed.class, wrong.take());
            assertEquals("token 1000 is outside of the vocabulary of 29", failed.message());
            assertTrue(failed.invalidRequest());
            assertFalse(RandomPrompts.answer(
                            engine.submit(RandomPrompts.request(RandomPrompts.prompt(List.of(1)), 1, 5, true)))
                    .tokens()
                    .isEmpty());
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void modelThatCannotBeOpenedIsTold() {
        EngineConfig config = TestEngines.config(0, 0, List.of());
        DeviceException e = assertThrows(
                DeviceException.class,
                () -> ModelEngine.open(
                        "none",
                        () -> {
                            throw new DeviceException("no device");
                        },
                        config));
        assertEquals("no device", e.getMessage());
    }
}
