package carve.app.serve.openai;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that tokenize what clients send: half as many as there are processors, and at least one. A long text computes for
 * seconds without waiting for anything; on the virtual threads of requests it would keep others from running.
 */
final class TokenizerThreads {
    private static final int IDLE_SECONDS = 5;

    private final ExecutorService threads = threads();

    private static ExecutorService threads() {
        int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("tokenizer-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /**
     * Returns the result of a computation on one of the threads. If the caller is interrupted, so is the computation.
     *
     * @throws InterruptedException if this thread or the computation was interrupted
     */
    <T> T call(Callable<T> computation) throws InterruptedException {
        Future<T> future = threads.submit(computation);
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    private static RuntimeException failure(Throwable cause) throws InterruptedException {
        return switch (cause) {
            case CancellationException _ -> throw new InterruptedException();
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(cause);
        };
    }
}
