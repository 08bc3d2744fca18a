package carve.app.serve;

import carve.api.json.JsonObject;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.app.serve.openai.ServedModels;
import java.io.IOException;

/** The handler of {@code GET /health}: 200 while all models run, 503 from the moment the server shuts down. */
final class HealthHandler implements RequestHandler {
    private final ServedModels models;
    private volatile boolean shuttingDown;

    HealthHandler(ServedModels models) {
        this.models = models;
    }

    /** Reports from now on that the server is not available. */
    void shutDown() {
        shuttingDown = true;
    }

    @Override
    public void handle(HttpCall call) throws IOException {
        boolean healthy = !shuttingDown
                && models.all().stream().allMatch(model -> model.engine().isRunning());
        call.send(healthy ? 200 : 503, JsonObject.empty().with("status", healthy ? "ok" : "unavailable"));
    }
}
