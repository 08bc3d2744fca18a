package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.JsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Long texts neither hold up other requests nor go on for clients that have left. */
final class TokenizerThreadsTest {
    private final TokenizerThreads threads = new TokenizerThreads();

    @Test
    void computationsDoNotRunOnTheThreadsOfRequests() throws InterruptedException {
        int requests = 4 * Runtime.getRuntime().availableProcessors();
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            clients.add(Thread.ofVirtual().start(() -> compute(begun, stop, running, most)));
        }
        begun.await();
        // as many as hold all threads of virtual threads if they ran there
        CountDownLatch other = new CountDownLatch(1);
        Thread.ofVirtual().start(other::countDown);
        assertTrue(other.await(10, TimeUnit.SECONDS));
        stop.countDown();
        for (Thread client : clients) {
            client.join();
        }
        assertTrue(most.get() <= Math.max(1, Runtime.getRuntime().availableProcessors() / 2), most::toString);
    }

    private void compute(CountDownLatch begun, CountDownLatch stop, AtomicInteger running, AtomicInteger most) {
        try {
            threads.call(() -> {
                assertFalse(Thread.currentThread().isVirtual());
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                begun.countDown();
                while (stop.getCount() > 0) {
                    Thread.onSpinWait();
                }
                return running.decrementAndGet();
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whoeverLeavesTakesTheComputationAlong() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Thread client = Thread.ofVirtual().start(() -> {
            try {
                threads.call(() -> {
                    begun.countDown();
                    while (!Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                    ended.countDown();
                    throw new CancellationException();
                });
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        begun.await();
        client.interrupt();
        assertTrue(ended.await(10, TimeUnit.SECONDS));
    }

    @Test
    void whatATokenizerRefusesComesBack() {
        JsonException e = assertThrows(
                JsonException.class,
                () -> threads.call(() -> {
                    throw new JsonException("tokenizer: gave up");
                }));
        assertEquals("tokenizer: gave up", e.getMessage());
    }
}
