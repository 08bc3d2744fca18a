package carve.runtime.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of a response, which arrives as fast as it is read. Unlike the streams of {@code HttpClient}, it fails where nothing
 * arrives for some time.
 */
final class ResponseStream implements HttpResponse.BodySubscriber<ResponseStream>, AutoCloseable {
    private static final long SKIPPED = 1 << 16;

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private final Duration timeout;
    private boolean ended;

    ResponseStream(Duration timeout) {
        this.timeout = timeout;
    }

    private sealed interface Event {
        record Data(List<ByteBuffer> buffers) implements Event {}

        record Failed(Throwable cause) implements Event {}

        record End() implements Event {}
    }

    @Override
    public CompletionStage<ResponseStream> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription.complete(given);
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        events.add(new Event.Data(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        events.add(new Event.Failed(cause));
    }

    @Override
    public void onComplete() {
        events.add(new Event.End());
    }

    /**
     * Returns the next bytes, or nothing at the end.
     *
     * @throws IOException if the connection fails, or no byte arrives in time
     */
    Optional<List<ByteBuffer>> next() throws IOException, InterruptedException {
        Event event = events.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        return switch (event) {
            case null -> throw new HttpTimeoutException("no data for %d s".formatted(timeout.toSeconds()));
            case Event.Data(List<ByteBuffer> buffers) -> {
                subscription.join().request(1);
                yield Optional.of(buffers);
            }
            case Event.Failed(Throwable cause) -> {
                ended = true;
                throw new IOException(String.valueOf(cause.getMessage()), cause);
            }
            case Event.End() -> {
                ended = true;
                yield Optional.empty();
            }
        };
    }

    /**
     * Returns all bytes.
     *
     * @throws IOException if the connection fails, or there are more than a limit
     */
    byte[] readAll(long limit) throws IOException, InterruptedException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (var next = next(); next.isPresent(); next = next()) {
            for (ByteBuffer buffer : next.get()) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                all.write(bytes);
            }
            if (all.size() > limit) {
                throw new IOException("the answer has more than %s".formatted(ByteCount.text(limit)));
            }
        }
        return all.toByteArray();
    }

    /** Reads a body that does not matter, so that the connection can be used again, unless it is long. */
    void skip() throws InterruptedException {
        try {
            readAll(SKIPPED);
        } catch (IOException e) {
            close();
        }
    }

    /** Ends the response; the connection is of no more use where bytes are left. */
    @Override
    public void close() {
        if (!ended) {
            subscription.thenAccept(Flow.Subscription::cancel);
        }
    }
}
