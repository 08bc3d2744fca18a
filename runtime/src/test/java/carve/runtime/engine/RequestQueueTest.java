package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lanes share what waits. */
final class RequestQueueTest {
    private static final GenerationRequest REQUEST =
            new GenerationRequest(Prompt.text(1, 2), Sampler.greedy(Set.of()), Set.of(0), 3);

    private final RequestQueue requestQueue =
            new RequestQueue("model", new EngineConfig(3, 4, 8, 100, 0, 0, List.of()), new EngineMetrics(), 3);

    private void enter(int... lanes) {
        for (int lane : lanes) {
            requestQueue.workerStarted(lane);
        }
    }

    @Test
    void laneWithTheFewestSessionsTakesTheNext() {
        enter(0, 1);
        List<GenerationJob> jobs = List.of(
                requestQueue.add(REQUEST),
                requestQueue.add(REQUEST),
                requestQueue.add(REQUEST),
                requestQueue.add(REQUEST));
        assertEquals(Optional.of(jobs.get(0)), requestQueue.poll(0));
        assertEquals(1, requestQueue.busyWorkers());
        assertEquals(Optional.empty(), requestQueue.poll(0));
        assertEquals(Optional.of(jobs.get(1)), requestQueue.poll(1));
        assertEquals(2, requestQueue.busyWorkers());
        assertEquals(Optional.of(jobs.get(2)), requestQueue.poll(1));
        // there are as many as may be, in all lanes together
        assertEquals(Optional.empty(), requestQueue.poll(0));
        requestQueue.updateLoad(1, 0);
        assertEquals(Optional.empty(), requestQueue.poll(0));
        assertEquals(Optional.of(jobs.get(3)), requestQueue.poll(1));
    }

    @Test
    void laneThatIsNotThereHoldsNobodyUp() {
        enter(0, 2);
        requestQueue.add(REQUEST);
        requestQueue.add(REQUEST);
        assertTrue(requestQueue.poll(0).isPresent());
        requestQueue.workerStopped(2);
        assertTrue(requestQueue.poll(0).isPresent());
    }

    @Test
    @Timeout(60)
    void whatMayBeSaidNextIsPreparedWhenNobodyIsAnswered() throws InterruptedException {
        enter(0, 1);
        requestQueue.add(REQUEST);
        requestQueue.poll(0);
        Thread other = Thread.ofVirtual().start(() -> requestQueue.awaitWork(1, true));
        while (other.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        requestQueue.updateLoad(0, 0);
        other.join();
        assertTrue(requestQueue.isOpen());
    }

    @Test
    void whoWaitsWhenAllEndsIsTold() throws InterruptedException {
        enter(0);
        GenerationJob job = requestQueue.add(REQUEST);
        requestQueue.close();
        assertTrue(requestQueue.awaitWork(0, false), "those that wait are answered yet");
        EngineException closed = assertThrows(EngineException.class, () -> requestQueue.add(REQUEST));
        assertEquals(EngineException.Reason.CLOSED, closed.reason());
        requestQueue.rejectAll();
        assertFalse(requestQueue.awaitWork(0, true));
        assertEquals(
                "The model is closed.",
                assertInstanceOf(GenerationEvent.Failed.class, job.take()).message());
    }
}
