package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.integration.TestEngines;
import carve.app.serve.http.HttpLimits;
import carve.app.serve.openai.RequestLimits;
import carve.app.serve.openai.ServedModel;
import carve.app.serve.openai.ServedModels;
import carve.app.serve.web.RunHandlers;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.AppConfig.GenerationConfigSource;
import carve.runtime.engine.EngineConfig;
import carve.runtime.engine.ModelEngine;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A server of this process with small models, and a client of it. */
final class TestServer implements AutoCloseable {
    static final int BODY = 4 << 20;
    static final int PATIENCE = 60_000;
    private static final int BYTES_PER_TOKEN = 64;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TestEngines testEngines = new TestEngines();
    private final List<ModelEngine> running;
    private final Server server;

    /** Starts a server of two models: {@code small}, whose answers end, and {@code endless}, whose answers do not. */
    TestServer(Path work, Set<String> keys) throws IOException {
        this(work, keys, PATIENCE, BYTES_PER_TOKEN);
    }

    /** Starts a server that cuts off a client that takes longer than so many milliseconds. */
    TestServer(Path work, Set<String> keys, int patience) throws IOException {
        this(work, keys, patience, BYTES_PER_TOKEN);
    }

    /**
     * Starts a server with limits of its own.
     *
     * @param patience the milliseconds after which it cuts off a client that takes longer
     * @param bytesPerToken the greatest length of a text, for each token of a model's context
     */
    TestServer(Path work, Set<String> keys, int patience, int bytesPerToken) throws IOException {
        EngineConfig config = TestEngines.config(16 << 20, 16 << 20, List.of(work));
        running = List.of(testEngines.small("small", config, true), testEngines.small("endless", config, false));
        server = start(config, keys, patience, bytesPerToken);
    }

    private TestServer(EngineConfig config) throws IOException {
        running = List.of(testEngines.small("small", config, true));
        server = start(config, Set.of(), PATIENCE, BYTES_PER_TOKEN);
    }

    /** Starts a server of the model {@code small} alone. */
    static TestServer alone(Path work) throws IOException {
        return new TestServer(TestEngines.config(16 << 20, 16 << 20, List.of(work)));
    }

    private Server start(EngineConfig engine, Set<String> keys, int patience, int bytesPerToken) throws IOException {
        HttpLimits httpLimits = HttpLimits.of(BODY, patience);
        RequestLimits requestLimits = new RequestLimits(1 << 20, 4, 64, bytesPerToken, 100, 1 << 20);
        GenerationConfig greedy = new GenerationConfig(16, 0, 0, 1, 0, 1, 42, GenerationConfigSource.AUTO);
        ServerConfig config = new ServerConfig("127.0.0.1", 0, keys, httpLimits, requestLimits, 60_000, engine, greedy);
        return Server.start(
                config,
                new ServedModels(running.stream()
                        .map(one -> ServedModel.of(one, greedy, requestLimits))
                        .toList()),
                new RunHandlers(Optional.empty()));
    }

    Server server() {
        return server;
    }

    ModelEngine engine(String name) {
        return running.stream()
                .filter(engine -> engine.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    int port() {
        return server.address().getPort();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.address().resolve(path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Returns the reply to a request that is answered well. */
    JsonObject ask(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = post(path, body);
        assertEquals(200, response.statusCode(), response::body);
        return Json.parseObject(response.body(), "reply");
    }

    /** Returns what a refused request is told. */
    static JsonObject error(HttpResponse<String> response, int status) {
        assertEquals(status, response.statusCode(), response::body);
        JsonObject error = Json.parseObject(response.body(), "reply").object("error");
        assertEquals(List.of("message", "type", "param", "code"), List.copyOf(error.keys()));
        return error;
    }

    /** Waits until nobody is served, and asserts that the server goes on, and that nothing is left of who was. */
    void assertIdle() throws IOException, InterruptedException {
        for (ModelEngine engine : running) {
            while (engine.metrics().active() > 0
                    || engine.metrics().waiting() > 0
                    || engine.metrics().pendingPrefixes() > 0) {
                Thread.sleep(1);
            }
            assertEquals(0, engine.metrics().stateBytes(), "states of " + engine.name());
        }
        while (server.activeRequests() > 0) {
            Thread.sleep(1);
        }
        assertEquals(200, get("/health").statusCode());
        JsonObject reply = ask("/v1/completions", "{\"model\": \"small\", \"prompt\": \"still here\"}");
        assertEquals("text_completion", reply.string("object"));
    }

    /** Stops the server, and asserts that nothing is left on the devices. */
    @Override
    public void close() {
        server.close();
        client.close();
        assertEquals(List.of(), testEngines.leakedBuffers());
    }
}
