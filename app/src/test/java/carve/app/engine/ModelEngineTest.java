package carve.app.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.DeviceException;
import carve.api.param.CounterRandom;
import carve.app.work.Sampler;
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
            prompts.add(Talks.prompt(Talks.random(random, 1000 * i, 1 + random.below(1000 * i + 999, 40))));
        }
        return prompts;
    }

    private static List<Job> submit(ModelEngine engine, List<Prompt> prompts) {
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            jobs.add(engine.submit(Talks.request(prompts.get(i), i, 3 + i, false)));
        }
        return jobs;
    }

    /** To the bit of the most probable token's score, whoever comes and goes meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"mamba2 mamba2", "attention mamba2", "attention mamba-in-llama"})
    @Timeout(120)
    void sessionsSideBySideGetWhatTheyGetAlone(String mixers) {
        try (ModelEngine engine =
                Engines.onProcessor(new EngineConfig(16, 64, 8, 1000, 0, 0, List.of()), mixers.split(" "))) {
            List<List<Integer>> alone = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                Job job = engine.submit(Talks.request(prompts().get(i), i, 3 + i, false));
                alone.add(Talks.answer(job).tokens());
            }
            List<List<Integer>> together = submit(engine, prompts()).stream()
                    .map(job -> Talks.answer(job).tokens())
                    .toList();
            assertEquals(alone, together);
        }
    }

    @Test
    void nothingIsLeftOfWhatIsCancelled() throws InterruptedException {
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("cancel", Engines.config(1 << 20, 0, List.of()), false)) {
            List<Job> jobs = submit(engine, prompts());
            for (int i = 0; i < jobs.size(); i += 2) {
                jobs.get(i).cancel();
            }
            for (int i = 0; i < jobs.size(); i++) {
                Event last = jobs.get(i).take();
                while (!(last instanceof Event.Ended)) {
                    last = jobs.get(i).take();
                }
                boolean cancelled = ((Event.Ended) last).ending() == Event.Ending.CANCELLED;
                assertTrue(i % 2 == 0 || !cancelled, "nobody cancelled job " + i);
            }
            while (engine.figures().active() > 0) {
                Thread.sleep(1);
            }
            assertEquals(0, engine.figures().waiting());
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void tooManyAreRefusedAndTooLongOnes() {
        Engines engines = new Engines();
        EngineConfig config = new EngineConfig(1, 2, 8, 100, 0, 0, List.of());
        try (ModelEngine engine = engines.small("full", config, false)) {
            Prompt prompt = Talks.prompt(List.of(1, 2, 3));
            EngineException tooLong =
                    assertThrows(EngineException.class, () -> engine.submit(Talks.request(prompt, 1, 98, true)));
            assertEquals(EngineException.Reason.TOO_LONG, tooLong.reason());
            EngineException busy = assertThrows(EngineException.class, () -> {
                for (int i = 0; i < 1000; i++) {
                    engine.submit(Talks.request(prompt, i, 97, true));
                }
            });
            assertEquals(EngineException.Reason.BUSY, busy.reason());
            assertEquals("The model 'full' has 2 requests waiting already; try again later.", busy.getMessage());
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void closingLetsSessionsFinish() throws InterruptedException {
        Engines engines = new Engines();
        ModelEngine engine = engines.small("closing", Engines.config(0, 0, List.of()), false);
        Request endless = new Request(Talks.prompt(List.of(1, 2, 3)), Sampler.greedy(Set.of()), Set.of(), 50);
        Job job = engine.submit(endless);
        engine.close(60_000);
        assertEquals(50, Talks.answer(job).tokens().size());
        assertFalse(engine.alive());
        EngineException closed = assertThrows(
                EngineException.class, () -> engine.submit(Talks.request(Talks.prompt(List.of(1)), 1, 1, true)));
        assertEquals(EngineException.Reason.CLOSED, closed.reason());
        assertEquals(List.of(), engines.left());
    }

    @Test
    void whatIsWrongWithOneRequestIsToldToIt() throws InterruptedException {
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("wrong", Engines.config(0, 0, List.of()), true)) {
            Job wrong = engine.submit(Talks.request(Talks.prompt(List.of(1, 1000)), 1, 5, true));
            Event.Failed failed = assertInstanceOf(Event.Failed.class, wrong.take());
            assertEquals("token 1000 is outside of the vocabulary of 29", failed.problem());
            assertTrue(failed.asked());
            assertFalse(Talks.answer(engine.submit(Talks.request(Talks.prompt(List.of(1)), 1, 5, true)))
                    .tokens()
                    .isEmpty());
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void modelThatCannotBeOpenedIsTold() {
        EngineConfig config = Engines.config(0, 0, List.of());
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
