package carve.bench;

import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Runs one task on several threads at once. */
final class ParallelRunner {
    private ParallelRunner() {}

    /** Runs a body on so many threads, this one included, and waits for all; the body is told which one it is on. */
    static void run(int count, IntConsumer body) {
        List<Thread> others = IntStream.range(1, count)
                .mapToObj(i -> Thread.ofPlatform().start(() -> body.accept(i)))
                .toList();
        body.accept(0);
        try {
            for (Thread other : others) {
                other.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while other threads were measuring", e);
        }
    }
}
