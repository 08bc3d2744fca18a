package carve.app.serve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests byte by byte: what HTTP/1.1 demands of a server, and that nothing of its making is seen. */
@Timeout(60)
final class HttpProtocolTest {
    private static final String HOST = "Host: localhost\r\n";
    private static final String CLOSE = "Connection: close\r\n";

    private HttpListener listener;

    @BeforeEach
    void start() throws IOException {
        Router router = Router.builder(call -> call.send(200, "text/plain", bytes("file")))
                .route(
                        "GET",
                        "/health",
                        call -> call.send(200, JsonObject.empty().with("status", "ok")))
                .route("POST", "/echo", call -> call.send(200, "text/plain", call.body()))
                .route("GET", "/path/*", call -> call.send(200, "text/plain", bytes(call.path())))
                .build();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        listener = HttpListener.start(address, Set.of(), HttpLimits.of(1 << 20, 5000), router);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    private String exchange(String request) throws IOException {
        return RawClient.exchange(listener.address(), request);
    }

    record Invalid(int status, String request) {
        @Override
        public String toString() {
            return status + " " + request.substring(0, Math.min(60, request.length()));
        }
    }

    static List<Invalid> invalid() {
        String post = "POST /echo HTTP/1.1\r\n" + HOST;
        return List.of(
                new Invalid(400, "GARBAGE\r\n\r\n"),
                new Invalid(400, "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n"),
                new Invalid(505, "GET /health\r\n\r\n"),
                new Invalid(505, "GET /health HTTP/9.9\r\n" + HOST + "\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\nHost:\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n" + HOST + "Host: other\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\nHost: localhost:80:80\r\n\r\n"),
                new Invalid(400, "GET http://other/health HTTP/1.1\r\n" + HOST + "\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n" + HOST + "no colon\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n" + HOST + "Space : a\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n" + HOST + "A: b\r\n folded\r\n\r\n"),
                new Invalid(400, "GET /health HTTP/1.1\r\n" + HOST + "A: \u0000\r\n\r\n"),
                new Invalid(400, "GET /%zz HTTP/1.1\r\n" + HOST + "\r\n"),
                new Invalid(400, "GET /a/..%2fb HTTP/1.1\r\n" + HOST + "\r\n"),
                new Invalid(400, "GET /../../etc/passwd HTTP/1.1\r\n" + HOST + "\r\n"),
                new Invalid(400, post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                new Invalid(400, post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
                new Invalid(400, post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                new Invalid(400, post + "Content-Length: -1\r\n\r\n"),
                new Invalid(400, post + "Content-Length: two\r\n\r\nab"),
                new Invalid(400, post + "Content-Length: 99999999999999999999\r\n\r\nab"),
                new Invalid(400, post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
                new Invalid(400, post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
                new Invalid(400, post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
                new Invalid(403, "GET /health HTTP/1.1\r\nHost: other\r\n" + CLOSE + "\r\n"),
                new Invalid(403, "GET /health HTTP/1.1\r\n" + HOST + "Origin: http://other\r\n" + CLOSE + "\r\n"),
                new Invalid(405, "PUT /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n"),
                new Invalid(405, "TRACE /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n"),
                new Invalid(413, post + "Content-Length: 1048577\r\n\r\n"),
                new Invalid(414, "GET /" + "a".repeat(10_000) + " HTTP/1.1\r\n" + HOST + CLOSE + "\r\n"),
                new Invalid(414, "GET /" + "a".repeat(1 << 20) + " HTTP/1.1\r\n" + HOST + "\r\n"),
                new Invalid(417, post + "Expect: the-unexpected\r\nContent-Length: 2\r\n\r\nab"),
                new Invalid(431, "GET / HTTP/1.1\r\n" + HOST + CLOSE + "A: " + "a".repeat(33_000) + "\r\n\r\n"),
                new Invalid(431, "GET / HTTP/1.1\r\n" + HOST + CLOSE + "A: a\r\n".repeat(201) + "\r\n"),
                new Invalid(431, "GET / HTTP/1.1\r\n" + HOST + "A: a\r\n".repeat(200_000) + "\r\n"),
                new Invalid(501, "BREW /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n"));
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void invalidRequestsAreErrorsInTheFormOfTheApi(Invalid invalid) throws IOException {
        String reply = exchange(invalid.request());
        assertTrue(reply.startsWith("HTTP/1.1 %d ".formatted(invalid.status())), reply);
        String head = reply.substring(0, reply.indexOf("\r\n\r\n"));
        String body = reply.substring(head.length() + 4);
        assertTrue(head.contains("Content-Type: application/json"), head);
        JsonObject error = Json.parseObject(body, "reply").object("error");
        assertEquals(List.of("message", "type", "param", "code"), List.copyOf(error.keys()));
        assertEquals("invalid_request_error", error.string("type"));
        for (String word : List.of("Exception", "java", "jetty", "<html", "Server:")) {
            assertFalse(reply.contains(word), reply);
        }
        assertTrue(exchange("GET /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n").startsWith("HTTP/1.1 200 "));
    }

    @Test
    void hostsHaveAnyCase() throws IOException {
        for (String host : List.of("LOCALHOST", "LocalHost:80", "[::1]:80", "127.0.0.1")) {
            String reply = exchange("GET /health HTTP/1.1\r\nHost: %s\r\n%s\r\n".formatted(host, CLOSE));
            assertTrue(reply.startsWith("HTTP/1.1 200 "), reply);
        }
        assertTrue(exchange("GET /health HTTP/1.0\r\n\r\n").startsWith("HTTP/1.1 200 "), "HTTP/1.0 needs no host");
    }

    @Test
    void aClientThatExpectsItIsToldToContinueWithNothingElse() throws IOException {
        try (RawClient client = new RawClient(listener.address())) {
            client.send("POST /echo HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", client.head());
            client.send("ab");
            assertEquals("ab", client.response().body());
        }
        try (RawClient client = new RawClient(listener.address())) {
            client.send("POST /other HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            RawClient.RawResponseText refused = client.response();
            assertEquals(404, refused.status());
            assertEquals("", client.rest(), "the body was not asked for, so the connection ends");
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws IOException {
        try (RawClient client = new RawClient(listener.address())) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                requests.append("GET /path/%d HTTP/1.1\r\n%s\r\n".formatted(i, HOST));
                requests.append("POST /echo HTTP/1.1\r\n%sContent-Length: 5\r\n\r\nGET /".formatted(HOST));
            }
            client.send(requests.toString());
            for (int i = 0; i < 50; i++) {
                assertEquals("/path/" + i, client.response().body());
                assertEquals("GET /", client.response().body());
            }
        }
    }

    @Test
    void chunkedBodiesAreJoined() throws IOException {
        try (RawClient client = new RawClient(listener.address())) {
            client.send("POST /echo HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            client.send("a;name=value\r\n0123456789\r\n0\r\nTrailer: a\r\n\r\n");
            assertEquals("abc0123456789", client.response().body());
            client.send("GET /path/next HTTP/1.1\r\n" + HOST + "\r\n");
            assertEquals("/path/next", client.response().body());
        }
    }

    @Test
    void headHasTheHeadersOfGetAndOptionsTheMethods() throws IOException {
        String get = exchange("GET /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n");
        String head = exchange("HEAD /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n");
        assertEquals(withoutDate(get.substring(0, get.indexOf("\r\n\r\n") + 4)), withoutDate(head));
        String options = exchange("OPTIONS /health HTTP/1.1\r\n" + HOST + CLOSE + "\r\n");
        assertTrue(options.startsWith("HTTP/1.1 204 "), options);
        assertTrue(options.contains("Allow: GET, HEAD, OPTIONS\r\n"), options);
        assertFalse(options.contains("Content-Length"), options);
    }

    private static String withoutDate(String head) {
        return head.lines().filter(line -> !line.startsWith("Date:")).toList().toString();
    }
}
