package carve.app.serve;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.app.serve.openai.ServedModels;
import java.io.IOException;
import java.util.List;

/**
 * The handler of {@code GET /health}: 200 while all models run, 503 from the moment the server shuts down, and with
 * {@code problems}, a message each, while a model that failed is not open again.
 */
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
        JsonObject health = JsonObject.empty().with("status", healthy ? "ok" : "unavailable");
        List<JsonValue> problems = models.all().stream()
                .flatMap(model -> model.engine().outage().stream())
                .<JsonValue>map(JsonString::new)
                .toList();
        call.send(healthy ? 200 : 503, problems.isEmpty() ? health : health.with("problems", new JsonArray(problems)));
    }
}
