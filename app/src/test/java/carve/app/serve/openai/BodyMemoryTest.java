package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.app.serve.http.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BodyMemoryTest {
    private static final int KIB = 1024;

    @Test
    void whoAsksForMoreThanIsLeftIsToTryAgain() throws InterruptedException {
        BodyMemory memory = new BodyMemory(10 * KIB, 1);
        BodyMemory.Reservation first = memory.reservation();
        BodyMemory.Reservation second = memory.reservation();
        first.resize(6 * KIB);
        second.resize(4 * KIB);
        ApiException refused = assertThrows(ApiException.class, () -> second.resize(4 * KIB + 1));
        assertEquals(503, refused.status());
        first.resize(5 * KIB);
        second.resize(5 * KIB);
        first.close();
        first.close();
        second.resize(10 * KIB);
        second.close();
        first.resize(10 * KIB);
    }

    @Test
    void whatIsMoreThanAllIsAll() throws InterruptedException {
        BodyMemory memory = new BodyMemory(10 * KIB, 1);
        BodyMemory.Reservation one = memory.reservation();
        one.resize(Long.MAX_VALUE / 2);
        assertThrows(ApiException.class, () -> memory.reservation().resize(1));
        one.close();
        memory.reservation().resize(1);
    }

    @Test
    void whoWaitsGetsWhatBecomesFree() throws InterruptedException {
        BodyMemory memory = new BodyMemory(10 * KIB, 30_000);
        BodyMemory.Reservation first = memory.reservation();
        first.resize(10 * KIB);
        Thread leaving = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            first.close();
        });
        memory.reservation().resize(10 * KIB);
        leaving.join();
    }
}
