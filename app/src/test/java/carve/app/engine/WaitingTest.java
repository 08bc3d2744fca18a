package carve.app.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lanes share what waits. */
final class WaitingTest {
    private static final Request REQUEST = Talks.request(Talks.prompt(List.of(1, 2)), 1, 3, false);

    private final Waiting waiting =
            new Waiting("model", new EngineConfig(3, 4, 8, 100, 0, 0, List.of()), new Figures(), 3);

    private void enter(int... lanes) {
        for (int lane : lanes) {
            waiting.enter(lane);
        }
    }

    @Test
    void laneWithTheFewestSessionsTakesTheNext() {
        enter(0, 1);
        List<Job> jobs =
                List.of(waiting.add(REQUEST), waiting.add(REQUEST), waiting.add(REQUEST), waiting.add(REQUEST));
        assertEquals(Optional.of(jobs.get(0)), waiting.poll(0));
        assertEquals(1, waiting.busy());
        assertEquals(Optional.empty(), waiting.poll(0));
        assertEquals(Optional.of(jobs.get(1)), waiting.poll(1));
        assertEquals(2, waiting.busy());
        assertEquals(Optional.of(jobs.get(2)), waiting.poll(1));
        // there are as many as may be, in all lanes together
        assertEquals(Optional.empty(), waiting.poll(0));
        waiting.note(1, 0);
        assertEquals(Optional.empty(), waiting.poll(0));
        assertEquals(Optional.of(jobs.get(3)), waiting.poll(1));
    }

    @Test
    void laneThatIsNotThereHoldsNobodyUp() {
        enter(0, 2);
        waiting.add(REQUEST);
        waiting.add(REQUEST);
        assertTrue(waiting.poll(0).isPresent());
        waiting.leave(2);
        assertTrue(waiting.poll(0).isPresent());
    }

    @Test
    @Timeout(60)
    void whatMayBeSaidNextIsPreparedWhenNobodyIsAnswered() throws InterruptedException {
        enter(0, 1);
        waiting.add(REQUEST);
        waiting.poll(0);
        Thread other = Thread.ofVirtual().start(() -> waiting.await(1, true));
        while (other.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        waiting.note(0, 0);
        other.join();
        assertTrue(waiting.isOpen());
    }

    @Test
    void whoWaitsWhenAllEndsIsTold() throws InterruptedException {
        enter(0);
        Job job = waiting.add(REQUEST);
        waiting.close();
        assertTrue(waiting.await(0, false), "those that wait are answered yet");
        EngineException closed = assertThrows(EngineException.class, () -> waiting.add(REQUEST));
        assertEquals(EngineException.Reason.CLOSED, closed.reason());
        waiting.refuse();
        assertFalse(waiting.await(0, true));
        assertEquals(
                Sessions.CLOSED,
                assertInstanceOf(Event.Failed.class, job.take()).problem());
    }
}
