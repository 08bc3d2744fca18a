package carve.app.serve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that are idle, slow or too many take nothing from others. */
@Timeout(120)
final class ConnectionLimitsTest {
    private static final int PER_ADDRESS = 16;
    private static final int TOTAL = 40;
    private static final int EVICTED = 4;
    private static final int WAIT_MILLIS = 1000;
    private static final int SHORT_MILLIS = 600;
    private static final int LONG_MILLIS = 30_000;
    private static final String HOST = "Host: localhost\r\n";
    private static final String HEALTH = "GET /health HTTP/1.1\r\n" + HOST + "\r\n";
    private static final String WAIT = "GET /wait HTTP/1.1\r\n" + HOST + "\r\n";

    private final List<RawClient> clients = new ArrayList<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private HttpListener listener;

    @BeforeEach
    void start() throws IOException {
        listener =
                listen(new HttpLimits(1 << 20, TOTAL, PER_ADDRESS, LONG_MILLIS, LONG_MILLIS, LONG_MILLIS, LONG_MILLIS));
    }

    private HttpListener listen(HttpLimits limits) throws IOException {
        Router router = Router.builder(_ -> {})
                .openRoute(
                        "GET",
                        "/health",
                        call -> call.send(200, JsonObject.empty().with("status", "ok")))
                .route("POST", "/echo", call -> call.send(200, "text/plain", call.body()))
                .route("GET", "/wait", call -> {
                    released.await();
                    call.send(200, JsonObject.empty());
                })
                .route("GET", "/compute", call -> {
                    while (released.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                    call.send(200, JsonObject.empty());
                })
                .build();
        return HttpListener.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Set.of(), limits, router);
    }

    @AfterEach
    void stop() throws IOException {
        released.countDown();
        for (RawClient client : clients) {
            client.close();
        }
        listener.close();
    }

    private RawClient connect(String from, String sent) throws IOException {
        RawClient client = new RawClient(listener.address(), from);
        clients.add(client);
        client.send(sent);
        return client;
    }

    /** Asserts that a new connection of an address is answered, and soon. */
    private void assertAnswered(String from) throws IOException {
        long start = System.nanoTime();
        assertEquals(200, connect(from, HEALTH).response().status());
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertTrue(millis < 1000, () -> "%d ms".formatted(millis));
    }

    private void awaitActive(int requests) throws InterruptedException {
        while (listener.activeRequests() < requests) {
            Thread.sleep(1);
        }
    }

    private static final String HALF_BODY = "POST /echo HTTP/1.1\r\n" + HOST + "Content-Length: 9\r\n\r\nab";

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /he", "GET /health HTTP/1.1\r\nHost: local", HALF_BODY})
    void connectionsThatWaitGiveTheirPlacesAway(String begun) throws IOException, InterruptedException {
        for (int i = 0; i < PER_ADDRESS; i++) {
            connect("127.0.0.1", begun);
        }
        Thread.sleep(WAIT_MILLIS);
        for (int i = 0; i < EVICTED; i++) {
            assertAnswered("127.0.0.1");
        }
        assertAnswered("127.0.0.2");
        listener.close();
        long told = clients.subList(0, PER_ADDRESS).stream()
                .filter(client -> client.rest().startsWith("HTTP/1.1 408 "))
                .count();
        assertEquals(begun.isEmpty() ? 0 : EVICTED, told);
    }

    @Test
    void anAddressWithTooManyRequestsIsToldSoAndOthersAreAnswered() throws IOException, InterruptedException {
        for (int i = 0; i < PER_ADDRESS; i++) {
            connect("127.0.0.1", WAIT);
        }
        awaitActive(PER_ADDRESS);
        for (int i = 0; i < 100; i++) {
            RawClient.RawResponseText refused = connect("127.0.0.1", HEALTH).response();
            assertEquals(429, refused.status());
            assertTrue(refused.head().contains("Retry-After: 1\r\n"), refused.head());
            assertEquals("too_many_connections", refused.error().string("code"));
        }
        assertAnswered("127.0.0.2");
        released.countDown();
        for (RawClient client : clients.subList(0, PER_ADDRESS)) {
            assertEquals(200, client.response().status());
        }
        Thread.sleep(WAIT_MILLIS);
        assertAnswered("127.0.0.1");
    }

    @Test
    void aFullServerSaysSo() throws IOException, InterruptedException {
        for (int i = 0; i < TOTAL; i++) {
            connect("127.0.0." + (1 + i / 10), WAIT);
        }
        awaitActive(TOTAL);
        RawClient.RawResponseText refused = connect("127.0.0.9", HEALTH).response();
        assertEquals(503, refused.status());
        assertTrue(refused.head().contains("Retry-After: 1\r\n"), refused.head());
        assertEquals("server_error", refused.error().string("type"));
    }

    @Test
    void handlersThatComputeOrWaitDoNotKeepOthersFromTheirAnswers() throws IOException, InterruptedException {
        int some = PER_ADDRESS / 2;
        for (int i = 0; i < some; i++) {
            connect("127.0.0.1", "GET /compute HTTP/1.1\r\n" + HOST + "\r\n");
        }
        awaitActive(some);
        assertAnswered("127.0.0.1");
    }

    @Test
    void slowHeadersIdleConnectionsAndSlowBodiesEnd() throws IOException, InterruptedException {
        listener.close();
        listener = listen(
                new HttpLimits(1 << 20, TOTAL, PER_ADDRESS, 2 * SHORT_MILLIS, SHORT_MILLIS, SHORT_MILLIS, LONG_MILLIS));
        RawClient idle = connect("127.0.0.1", "");
        RawClient slow = connect("127.0.0.1", "");
        RawClient body = connect("127.0.0.1", HALF_BODY);
        RawClient used = connect("127.0.0.1", HEALTH);
        assertEquals(200, used.response().status());
        long start = System.nanoTime();
        // a byte at a time keeps no connection open
        assertThrows(IOException.class, () -> {
            for (int i = 0; i < 200; i++) {
                slow.send(i == 0 ? "GET /health HTTP/1.1\r\nA: " : "a");
                Thread.sleep(20);
            }
        });
        assertTrue(body.rest().startsWith("HTTP/1.1 408 "));
        assertEquals("", idle.rest());
        assertEquals("", used.rest());
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertTrue(millis < 10L * SHORT_MILLIS, () -> "%d ms".formatted(millis));
        RawClient half = connect("127.0.0.1", "GET /health HTTP/1.1\r\nHost: local");
        RawClient.RawResponseText late = half.response();
        assertEquals(408, late.status());
        assertEquals("request_timeout", late.error().string("code"));
    }
}
