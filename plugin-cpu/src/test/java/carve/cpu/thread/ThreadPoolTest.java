package carve.cpu.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

final class ThreadPoolTest {
    private static final int TASKS = 200;

    private static Set<Thread> run(ThreadPool threadPool) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        AtomicIntegerArray times = new AtomicIntegerArray(TASKS);
        threadPool.parallelFor(TASKS, (task, scratchpad) -> {
            times.incrementAndGet(task);
            threads.add(Thread.currentThread());
        });
        for (int task = 0; task < TASKS; task++) {
            assertEquals(1, times.get(task), "task " + task);
        }
        return threads;
    }

    @Test
    void noMoreThreadsWorkThanAreToBeUsed() {
        try (ThreadPool threadPool = new ThreadPool(4)) {
            assertTrue(run(threadPool).size() <= 4);
            threadPool.limitThreads(1);
            assertEquals(Set.of(Thread.currentThread()), run(threadPool));
            assertEquals(4, threadPool.threads());
            threadPool.limitThreads(0);
            assertEquals(Set.of(Thread.currentThread()), run(threadPool));
            threadPool.limitThreads(100);
            assertTrue(run(threadPool).size() <= 4);
        }
    }
}
