package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.testkit.LoggedAssumptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Of clients that go away, side by side and at any moment, neither sessions nor threads nor files are left. */
@Timeout(300)
final class ResourceLeakTest {
    private static final Path FILES = Path.of("/proc/self/fd");
    private static final int CLIENTS = 8;
    private static final int ROUNDS = 2;

    @TempDir
    private Path work;

    private TestServer testServer;

    @BeforeEach
    void start() throws IOException {
        testServer = new TestServer(work, Set.of(), 2000);
    }

    @AfterEach
    void stop() {
        testServer.close();
    }

    private static String request(String path, String body) {
        return "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(path, body.length(), body);
    }

    private static List<String> requests() {
        String endless = "{\"model\": \"endless\", \"stream\": %s, \"max_tokens\": 16000, \"prompt\": \"go on\"}";
        return List.of(
                request("/v1/completions", endless.formatted("true")),
                request("/v1/completions", endless.formatted("false")),
                request("/v1/completions", endless.formatted("true")).substring(0, 150),
                request("/v1/completions", "nonsense"),
                request("/v1/states", "{\"from\": \"st-000000000000000000000000\"}"),
                request("/v1/chat/completions", "{\"model\": \"small\", \"messages\": [], \"wings\": 2}"),
                "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    }

    // sends each of them, reads a few bytes of some of the answers, and goes away
    private void leave(int client) {
        for (String request : requests()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), testServer.port())) {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
                if (client % 2 == 0 && request.endsWith("}") && !request.contains("false")) {
                    socket.getInputStream().read(new byte[40 * client + 1]);
                }
            } catch (IOException e) {
                // cut off by the server, which may be quicker
            }
        }
    }

    private void round() throws InterruptedException, ExecutionException, IOException {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = IntStream.range(0, CLIENTS)
                    .<Future<?>>mapToObj(client -> clients.submit(() -> leave(client)))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
        testServer.assertIdle();
    }

    private static long files() {
        try (Stream<Path> all = Files.list(FILES)) {
            return all.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    // threads of the JVM's own pools come and go
    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith("ForkJoinPool"))
                .count();
    }

    @Test
    void nothingIsLeftOfThem() throws InterruptedException, ExecutionException, IOException {
        LoggedAssumptions.assumeTrue(
                Files.isDirectory(FILES), "no /proc/self/fd on this system, so open files were not counted");
        round();
        long files = files();
        long threads = threads();
        for (int i = 0; i < ROUNDS; i++) {
            round();
        }
        // connections are closed a little later; a file for each request would be more
        while (files() > files + CLIENTS || threads() > threads) {
            Thread.sleep(5);
        }
        assertEquals(0, testServer.engine("endless").metrics().active());
    }
}
