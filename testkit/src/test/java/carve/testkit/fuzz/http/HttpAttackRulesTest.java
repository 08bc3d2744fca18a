package carve.testkit.fuzz.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.testkit.fuzz.FuzzResult;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The attack notices what it is there to notice. */
@Timeout(60)
final class HttpAttackRulesTest {
    private static final String GOOD_ERROR =
            "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}";

    @TempDir
    private Path folder;

    /** A server that sends fixed bytes to each connection, whatever is asked. */
    private static final class CannedServer implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final AtomicInteger count = new AtomicInteger();

        CannedServer(IntFunction<String> replies) throws IOException {
            Thread.ofVirtual().start(() -> serve(replies));
        }

        private void serve(IntFunction<String> replies) {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept()) {
                    client.getOutputStream()
                            .write(replies.apply(count.getAndIncrement()).getBytes(StandardCharsets.UTF_8));
                    client.shutdownOutput();
                    client.getInputStream().readAllBytes();
                } catch (IOException e) {
                    // closed
                }
            }
        }

        InetSocketAddress address() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static HttpReply reply(int status, String type, String body) {
        return new HttpReply(status, Map.of("content-type", type), body.getBytes(StandardCharsets.UTF_8), true);
    }

    private static String problem(int status, String type, String body) {
        return ReplyRules.problem(reply(status, type, body), false).orElse("");
    }

    @Test
    void answersAndErrorsOfTheApiAreGood() {
        assertEquals("", problem(200, "application/json", "{\"object\": \"list\"}"));
        assertEquals("", problem(400, "application/json", GOOD_ERROR));
        assertEquals("", problem(503, "application/json; charset=utf-8", GOOD_ERROR));
        assertEquals("", problem(200, "text/event-stream", ": keep-alive\n\ndata: {\"id\": 1}\n\ndata: [DONE]\n\n"));
        assertEquals("", problem(200, "text/event-stream", "data: " + GOOD_ERROR + "\n\n"));
    }

    @Test
    void othersAreTold() {
        assertTrue(problem(500, "application/json", GOOD_ERROR).startsWith("unexpected status"));
        assertTrue(problem(302, "application/json", GOOD_ERROR).startsWith("unexpected status"));
        assertTrue(problem(400, "text/html", "<h1>Bad</h1>").startsWith("an error of the type 'text/html'"));
        assertTrue(problem(400, "application/json", "{\"error\": {\"message\": \"no\"}}")
                .contains("not shaped"));
        assertTrue(problem(400, "application/json", GOOD_ERROR.replace("no", "NullPointerException thrown"))
                .contains("insides"));
        assertTrue(problem(200, "application/json", "{\"object\": ").startsWith("the body is not JSON"));
        assertTrue(problem(200, "text/event-stream", "data: {\"id\": 1}\n\n").startsWith("a stream without its end"));
    }

    @Test
    void repliesAreReadAsTheyAreFramed() throws IOException {
        String two =
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
                        + "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nde";
        HttpReplyReader reader = new HttpReplyReader(
                new ByteArrayInputStream(two.getBytes(StandardCharsets.UTF_8)), System.nanoTime() + (1L << 40));
        HttpReply first = reader.next(false).orElseThrow();
        assertEquals("abc", first.text());
        assertTrue(first.complete());
        HttpReply second = reader.next(false).orElseThrow();
        assertEquals(404, second.status());
        assertTrue(!second.complete(), "cut off");
        assertEquals(Optional.empty(), reader.next(false));
    }

    @Test
    void failuresAreCountedAndSaved() throws IOException, InterruptedException {
        String html = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>Bad</h1>";
        try (CannedServer server = new CannedServer(_ -> html)) {
            List<FuzzResult> results = new HttpAttack(server.address(), "m", 16, 0, 2, Duration.ofSeconds(1), folder)
                    .run(40, Duration.ofSeconds(30));
            long failures = results.stream()
                    .mapToLong(result -> result.failures().size())
                    .sum();
            long disconnects = results.stream()
                    .filter(result -> result.target().equals("disconnects"))
                    .mapToLong(FuzzResult::inputs)
                    .sum();
            assertEquals(40, failures + disconnects, results::toString);
            try (Stream<Path> saved = Files.list(folder)) {
                assertEquals(failures, saved.count());
            }
        }
    }

    @Test
    void wellBehavedClientsNoticeOtherAnswers() throws IOException {
        String good = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"choices\": [{\"text\": \"%s\"}]}";
        String later = "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Type: application/json\r\n\r\n" + GOOD_ERROR;
        // three questions are asked alone; then one answer is another, one is late, one is the same
        List<String> replies = List.of("a", "b", "c", "x", "later", "b", "c");
        try (CannedServer server =
                new CannedServer(i -> replies.get(i).equals("later") ? later : good.formatted(replies.get(i)))) {
            SteadyClient steady = SteadyClient.prepare(server.address(), "m", false);
            AtomicInteger questions = new AtomicInteger();
            steady.ask(0, () -> questions.getAndIncrement() < 3);
            assertEquals(1, steady.losses().size(), steady.losses()::toString);
            assertTrue(steady.losses().getFirst().contains("\"x\""), steady.losses()::toString);
            assertEquals(3, steady.asked());
            assertEquals(1, steady.retried());
        }
    }

    @Test
    void aNumberNamesARequest() {
        RequestMutator one = new RequestMutator("m", 16, 1);
        RequestMutator other = new RequestMutator("m", 16, 1);
        for (long number = 500; number > 0; number--) {
            assertArrayEquals(one.request(number).bytes(), other.request(number).bytes());
        }
    }
}
