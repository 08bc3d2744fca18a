package carve.app.serve.http;

import java.io.ByteArrayOutputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;

/** Reads the body of a request, within a length and a time. */
final class RequestBody {
    private static final int MAX_INITIAL_BYTES = 64 * 1024;
    private static final int LINGER_MILLIS = 1000;
    private static final long LINGER_BYTES = 8L << 20;

    private final Request request;
    private final ClientConnection connection;
    private final HttpLimits limits;

    RequestBody(Request request, ClientConnection connection, HttpLimits limits) {
        this.request = request;
        this.connection = connection;
        this.limits = limits;
    }

    /**
     * Returns the body.
     *
     * @throws ApiException if it is too long, does not arrive in time, or ends too early
     */
    byte[] read() throws InterruptedIOException {
        long declared = Math.max(0, request.getLength());
        if (declared > limits.maxBodyBytes()) {
            throw tooLong();
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream((int) Math.min(declared, MAX_INITIAL_BYTES));
        long deadline = deadline(limits.readTimeoutMillis());
        boolean last = false;
        while (!last) {
            Content.Chunk chunk = next(deadline).orElseThrow(() -> tooSlow(body.size()));
            if (Content.Chunk.isFailure(chunk)) {
                throw incomplete(body.size(), declared, chunk.getFailure());
            }
            append(chunk, body);
            last = chunk.isLast();
        }
        return body.toByteArray();
    }

    private void append(Content.Chunk chunk, ByteArrayOutputStream body) {
        ByteBuffer bytes = chunk.getByteBuffer();
        try {
            if (body.size() + bytes.remaining() > limits.maxBodyBytes()) {
                throw tooLong();
            }
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            body.writeBytes(copy);
        } finally {
            chunk.release();
        }
    }

    private static long deadline(int millis) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Returns the next part, or nothing if none came before the deadline. */
    private Optional<Content.Chunk> next(long deadline) throws InterruptedIOException {
        Content.Chunk chunk = request.read();
        while (chunk == null) {
            Semaphore ready = new Semaphore(0);
            request.demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, ready::release));
            try {
                if (!connection.awaitBody(ready, deadline - System.nanoTime())) {
                    return Optional.empty();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the body of a request was read");
            }
            chunk = request.read();
        }
        return Optional.of(chunk);
    }

    /** Throws away what a refused client still sends, for a moment: before it has sent it, it does not read the response. */
    void discard() throws InterruptedIOException {
        long deadline = deadline(LINGER_MILLIS);
        long left = LINGER_BYTES;
        boolean last = false;
        while (!last && left > 0) {
            Optional<Content.Chunk> chunk = next(deadline);
            if (chunk.isEmpty() || Content.Chunk.isFailure(chunk.get())) {
                return;
            }
            left -= chunk.get().remaining();
            last = chunk.get().isLast();
            chunk.get().release();
        }
    }

    private ApiException tooSlow(int received) {
        if (connection.isEvicted()) {
            return ApiException.requestError(
                    408,
                    "request_timeout",
                    "The request body did not arrive in time, and another connection needed the place; received %d bytes.",
                    received);
        }
        return ApiException.requestError(
                408,
                "request_timeout",
                "The request body did not arrive within %d ms; received %d bytes.",
                limits.readTimeoutMillis(),
                received);
    }

    private static ApiException incomplete(int received, long declared, Throwable cause) {
        String how = declared > 0
                ? "received %d of %d bytes".formatted(received, declared)
                : "received %d bytes, then: %s"
                        .formatted(
                                received,
                                Optional.ofNullable(cause.getMessage()).orElse("end of input"));
        return ApiException.requestError(400, "incomplete_body", "Incomplete request body: %s.", how);
    }

    private ApiException tooLong() {
        return ApiException.requestError(
                413, "request_too_large", "The request body exceeds the limit of %d bytes.", limits.maxBodyBytes());
    }
}
