package carve.runtime.train;

import carve.api.stage.StageException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Prepares the next batches on a thread of its own while a step runs. Closing it ends the thread. */
final class BatchPrefetcher implements AutoCloseable {
    private sealed interface Prepared {}

    private record Ready(DataLoader.Item item) implements Prepared {}

    private record Failed(RuntimeException failure) implements Prepared {}

    private final BlockingQueue<Prepared> preparedBatches;
    private final Thread thread;

    BatchPrefetcher(DataLoader stream, int ahead) {
        preparedBatches = new ArrayBlockingQueue<>(Math.max(1, ahead));
        thread = Thread.ofPlatform().daemon().name("carve-batches").start(() -> prepare(stream));
    }

    private void prepare(DataLoader stream) {
        try {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    preparedBatches.put(new Ready(stream.next()));
                }
            } catch (RuntimeException e) {
                preparedBatches.put(new Failed(e));
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
    DataLoader.Item next() {
        try {
            return switch (preparedBatches.take()) {
                case Ready(DataLoader.Item item) -> item;
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
