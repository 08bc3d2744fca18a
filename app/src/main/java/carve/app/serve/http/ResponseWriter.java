package carve.app.serve.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Writes the body of a response, each part within a time. */
final class ResponseWriter {
    private static final byte[] NOTHING = {};

    private final Response response;
    private final int timeoutMillis;
    private long lastWriteNanos = System.nanoTime();

    ResponseWriter(Response response, int timeoutMillis) {
        this.response = response;
        this.timeoutMillis = timeoutMillis;
    }

    /** Writes a part, and waits until the system has taken it. */
    void write(byte[] bytes) throws IOException {
        write(false, bytes);
    }

    /** Ends the response. */
    void end() throws IOException {
        end(NOTHING);
    }

    /** Writes the last part and ends the response. */
    void end(byte[] bytes) throws IOException {
        write(true, bytes);
    }

    private void write(boolean last, byte[] bytes) throws IOException {
        Callback.Completable written = new Callback.Completable();
        response.write(last, ByteBuffer.wrap(bytes), written);
        try {
            written.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("the response could not be written: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException(
                    "the client did not read a part of the response within %d ms".formatted(timeoutMillis), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a response was written");
        }
        lastWriteNanos = System.nanoTime();
    }

    /** Returns the time since the last part was written, or since the beginning. */
    long idleMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastWriteNanos);
    }
}
