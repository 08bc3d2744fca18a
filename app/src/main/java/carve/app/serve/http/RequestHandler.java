package carve.app.serve.http;

import java.io.IOException;

/** A handler of the requests of one route. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers a request.
     *
     * @throws ApiException if the request is invalid; it is sent as the response
     * @throws IOException if the client has disconnected
     * @throws InterruptedException if the client was too slow
     */
    void handle(HttpCall call) throws IOException, InterruptedException;
}
