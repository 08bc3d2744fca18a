package carve.distill.training;

import carve.api.stage.StageException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Prepares the next batches on a thread of its own while a step runs. Closing it ends the thread. */
final class Prefetcher implements AutoCloseable {
    private sealed interface Prepared {}

    private record Ready(BatchStream.Item item) implements Prepared {}

    private record Failed(RuntimeException failure) implements Prepared {}

    private final BlockingQueue<Prepared> queue;
    private final Thread thread;

    Prefetcher(BatchStream stream, int ahead) {
        queue = new ArrayBlockingQueue<>(Math.max(1, ahead));
        thread = Thread.ofPlatform().daemon().name("carve-batches").start(() -> prepare(stream));
    }

    private void prepare(BatchStream stream) {
        try {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    queue.put(new Ready(stream.next()));
                }
            } catch (RuntimeException e) {
                queue.put(new Failed(e));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Returns the next batch.
     *
     * @throws StageException if a sample cannot be read
     */
    BatchStream.Item next() {
        try {
            return switch (queue.take()) {
                case Ready(BatchStream.Item item) -> item;
                case Failed(StageException failure) -> throw failure;
                case Failed(RuntimeException failure) ->
                    throw new StageException("data cannot be read: " + failure.getMessage(), failure);
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StageException("interrupted while waiting for data", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
