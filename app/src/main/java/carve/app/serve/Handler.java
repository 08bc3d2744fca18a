package carve.app.serve;

import java.io.IOException;

/** Answers requests of one kind. */
@FunctionalInterface
public interface Handler {
    /**
     * Answers a request.
     *
     * @throws ApiException if it cannot be answered, which is then told
     * @throws IOException if the client has gone
     */
    void answer(Call call) throws IOException, InterruptedException;
}
