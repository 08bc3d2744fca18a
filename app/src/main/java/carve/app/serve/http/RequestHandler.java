package carve.app.serve.http;

import java.io.IOException;

/** Answers requests of one kind. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers a request.
     *
     * @throws ApiException if it cannot be answered, which is then told
     * @throws IOException if the client has gone
     */
    void handle(HttpCall httpCall) throws IOException, InterruptedException;
}
