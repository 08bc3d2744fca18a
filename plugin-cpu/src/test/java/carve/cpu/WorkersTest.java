package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

final class WorkersTest {
    private static final int TASKS = 200;

    private static Set<Thread> run(Workers workers) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        AtomicIntegerArray times = new AtomicIntegerArray(TASKS);
        workers.run(TASKS, (task, scratch) -> {
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
        try (Workers workers = new Workers(4)) {
            assertTrue(run(workers).size() <= 4);
            workers.use(1);
            assertEquals(Set.of(Thread.currentThread()), run(workers));
            assertEquals(4, workers.threads());
            workers.use(0);
            assertEquals(Set.of(Thread.currentThread()), run(workers));
            workers.use(100);
            assertTrue(run(workers).size() <= 4);
        }
    }
}
