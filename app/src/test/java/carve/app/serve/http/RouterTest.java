package carve.app.serve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class RouterTest {
    private static final String KEY = "a-secret-key";

    private final HttpClient client = HttpClient.newHttpClient();
    private HttpListener listener;

    @BeforeEach
    void start() throws IOException {
        listener = listen(0);
    }

    private static HttpListener listen(int port) throws IOException {
        return listen(port, 16);
    }

    private static HttpListener listen(int port, long maxBodyBytes) throws IOException {
        Router router = Router.builder(new StaticFiles("run.html", Set.of("index.html")))
                .openRoute("GET", "/health", call -> send(call, "healthy"))
                .route("GET", "/items", call -> send(call, "list"))
                .route("POST", "/items", call -> send(call, "created"))
                .route(
                        "POST",
                        "/count",
                        call -> send(
                                call,
                                ""
                                        + HttpCall.parse(call.body())
                                                .array("values")
                                                .items()
                                                .size()))
                .route("GET", "/items/*", call -> send(call, call.path()))
                .route("GET", "/items/first", call -> send(call, "exact"))
                .route("GET", "/broken", _ -> {
                    throw new IllegalStateException("a defect");
                })
                .route("GET", "/overflow", _ -> {
                    throw new StackOverflowError();
                })
                .route("GET", "/late", call -> {
                    call.keepAlive(0);
                    throw ApiException.serverError(500, "too late");
                })
                .route("GET", "/late-defect", call -> {
                    call.keepAlive(0);
                    throw new IllegalStateException("a late defect");
                })
                .route("GET", "/late-overflow", call -> {
                    call.keepAlive(0);
                    throw new StackOverflowError();
                })
                .route("GET", "/late-event", call -> {
                    call.startEventStream();
                    throw ApiException.serverError(500, "too late");
                })
                .build();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return HttpListener.start(address, Set.of(KEY), HttpLimits.of(maxBodyBytes, 1000), router);
    }

    private static void send(HttpCall call, String text) throws IOException {
        call.send(200, JsonObject.empty().with("text", text));
    }

    @AfterEach
    void stop() {
        listener.close();
        client.close();
    }

    private HttpResponse<String> send(String method, String path, boolean key)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(listener.address() + path.substring(1)))
                .method(method, BodyPublishers.noBody());
        return client.send(
                (key ? request.header("Authorization", "Bearer " + KEY) : request).build(), BodyHandlers.ofString());
    }

    private void answers(String expected, String method, String path) throws IOException, InterruptedException {
        HttpResponse<String> response = send(method, path, true);
        assertEquals(200, response.statusCode(), response::body);
        assertEquals(expected, Json.parseObject(response.body(), path).string("text"));
    }

    private HttpResponse<String> fails(int status, String message, String method, String path, boolean key)
            throws IOException, InterruptedException {
        HttpResponse<String> response = send(method, path, key);
        assertEquals(status, response.statusCode(), response::body);
        JsonObject error = Json.parseObject(response.body(), path).object("error");
        assertEquals(message, error.string("message"));
        return response;
    }

    private HttpResponse<String> count(HttpListener large, int values) throws IOException, InterruptedException {
        String body = "{\"values\": [" + "1,".repeat(values - 1) + "1]}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(large.address() + "count"))
                .header("Authorization", "Bearer " + KEY)
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    @Test
    void bodiesOfVeryManyValuesAreRefused() throws IOException, InterruptedException {
        try (HttpListener large = listen(0, 8L << 20)) {
            assertEquals(
                    "1000", Json.parseObject(count(large, 1000).body(), "reply").string("text"));
            HttpResponse<String> refused = count(large, 1 << 20);
            assertEquals(400, refused.statusCode(), refused.body());
        }
    }

    @Test
    void requestsGoToTheHandlerOfMethodAndPath() throws IOException, InterruptedException {
        answers("list", "GET", "/items");
        answers("created", "POST", "/items");
        answers("/items/7", "GET", "/items/7");
        answers("exact", "GET", "/items/first");
        HttpResponse<String> head = send("HEAD", "/items", true);
        assertEquals(200, head.statusCode());
        assertEquals("", head.body());
    }

    @Test
    void otherMethodsAreRefusedWithTheOnesAllowed() throws IOException, InterruptedException {
        var response = fails(405, "/items supports GET, POST, not PUT.", "PUT", "/items", true);
        assertEquals(
                "GET, HEAD, OPTIONS, POST",
                response.headers().firstValue("Allow").orElseThrow());
        fails(405, "/items/7 supports GET, not DELETE.", "DELETE", "/items/7", true);
        fails(404, "Unknown request URL: POST /other.", "POST", "/other", true);
        fails(404, "Unknown request URL: GET /other.", "GET", "/other", true);
    }

    @Test
    void onlyOpenRoutesAndFilesNeedNoKey() throws IOException, InterruptedException {
        assertEquals(200, send("GET", "/health", false).statusCode());
        assertTrue(send("GET", "/", false).body().contains("<html"));
        assertEquals(404, send("GET", "/index.html", false).statusCode());
        fails(
                401,
                "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.",
                "GET",
                "/items",
                false);
    }

    @Test
    @Timeout(20)
    void longPathsAreRefusedAtOnceAndKeysAreCheckedBeforeRoutes() throws IOException, InterruptedException {
        String path = "/" + "a".repeat(250_000) + "/";
        for (int i = 0; i < 20; i++) {
            String message = "The path and query of the request are too long; the limit is 8192 characters.";
            fails(414, message, "GET", path, false);
        }
        String segments = "/a".repeat(4000);
        fails(404, "Unknown request URL: GET %s.".formatted(segments), "GET", segments, false);
        fails(
                401,
                "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.",
                "PUT",
                "/items",
                false);
        fails(401, "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.", "POST", "/x", false);
    }

    @Test
    void whileItDrainsOnlyOpenRoutesAnswer() throws IOException, InterruptedException {
        listener.drain(1000);
        fails(503, "The server is shutting down.", "GET", "/items", true);
        assertEquals(200, send("GET", "/health", false).statusCode());
    }

    @Test
    void defectsOfHandlersAreErrorsOfTheServer() throws IOException, InterruptedException {
        fails(500, "The server had an error while processing your request.", "GET", "/broken", true);
        answers("list", "GET", "/items");
    }

    @Test
    void errorsAfterTheStatusAreNoAnswers() throws IOException, InterruptedException {
        for (String path : List.of("/late", "/late-defect", "/late-overflow")) {
            assertThrows(IOException.class, () -> send("GET", path, true), path);
        }
        fails(500, "The server had an error while processing your request.", "GET", "/overflow", true);
        String events = send("GET", "/late-event", true).body();
        assertTrue(events.endsWith("\n\n") && events.contains("\"message\":\"too late\""), events);
        answers("list", "GET", "/items");
    }

    @Test
    void aPortInUseIsNamed() {
        int port = listener.address().getPort();
        BindException e = assertThrows(BindException.class, () -> listen(port));
        assertEquals(
                "cannot listen on localhost, port %d: Address already in use; use --port 0 for a free port"
                        .formatted(port),
                e.getMessage());
    }

    @Test
    void aRouteIsAddedOnce() {
        Router.Builder routes = Router.builder(_ -> {}).route("GET", "/a", _ -> {});
        assertThrows(IllegalArgumentException.class, () -> routes.route("GET", "/a", _ -> {}));
    }

    @Test
    void theServerThatLoadsTheClassesAnswers() throws IOException {
        String reply = HttpWarmUp.run();
        assertTrue(reply.startsWith("HTTP/1.1 200 ") && reply.endsWith("\r\n\r\n{}"), reply);
    }
}
