package carve.app.serve.openai;

import carve.api.json.JsonObject;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import java.io.IOException;

/**
 * Reads the bodies of requests within a share of the heap. A large body has its memory before it is read, a small one after that;
 * each kind has a share of its own, so that small requests go on whatever large ones do. The memory is held until the request has
 * been answered.
 */
final class RequestReader {
    private static final int SMALL = 64 * 1024;
    private static final int WAIT_MILLIS = 5000;
    private static final int LARGE_SHARE = 4;
    private static final int SMALL_SHARE = 8;

    /** The bytes of an object for a value of JSON: a number has its text, and a place in a list. */
    private static final long VALUE_BYTES = 96;

    /** A body is there in bytes, as text, and in strings, which take two bytes for a character where one is not Latin. */
    private static final long COPIES = 5;

    private final long maxBodyBytes;
    private final BodyMemory large;
    private final BodyMemory small;

    /**
     * Makes a reader.
     *
     * @param maxBodyBytes the greatest length of a body
     * @param heapBytes the size of the heap
     */
    RequestReader(long maxBodyBytes, long heapBytes) {
        this.maxBodyBytes = maxBodyBytes;
        this.large = new BodyMemory(heapBytes / LARGE_SHARE, WAIT_MILLIS);
        this.small = new BodyMemory(heapBytes / SMALL_SHARE, WAIT_MILLIS);
    }

    /**
     * A body, and its memory.
     *
     * @param json the body
     */
    record ReceivedRequest(JsonObject json, BodyMemory.Reservation memory) implements AutoCloseable {
        @Override
        public void close() {
            memory.close();
        }
    }

    /**
     * Reads a body; the caller closes it.
     *
     * @throws ApiException if it is no object, is too large, or there was no memory for it in time
     */
    ReceivedRequest read(HttpCall call) throws IOException, InterruptedException {
        long length = expectedLength(call);
        BodyMemory.Reservation memory = (length > SMALL ? large : small).reservation();
        try {
            if (length > SMALL) {
                memory.resize(COPIES * length);
            }
            byte[] body = call.body();
            memory.resize(COPIES * body.length + VALUE_BYTES * Math.min(HttpCall.MAX_JSON_VALUES, values(body)));
            return new ReceivedRequest(HttpCall.parse(body), memory);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    // a body of unknown length may be as long as is allowed; one that is said to be longer is refused before it is read
    private long expectedLength(HttpCall call) {
        try {
            long length = call.header("Content-Length")
                    .map(text -> Long.parseLong(text.strip()))
                    .orElse(maxBodyBytes);
            return length > maxBodyBytes ? 0 : length;
        } catch (NumberFormatException e) {
            return maxBodyBytes;
        }
    }

    // each value but the first follows one of these
    private static long values(byte[] body) {
        long count = 1;
        for (byte character : body) {
            if (character == ',' || character == '[' || character == '{' || character == ':') {
                count++;
            }
        }
        return count;
    }
}
