package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.TestDistribution;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that was pulled stands by its name wherever a command takes a model. */
@Timeout(180)
final class PullCommandTest {
    private static final Path MODEL = Path.of("..", "demo", "teacher");
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path home;

    /** A hub of one small repository. */
    private record Hub(ServerSocket socket, List<Path> files) implements AutoCloseable {
        static Hub start() throws IOException {
            try (Stream<Path> files = Files.list(MODEL)) {
                Hub hub = new Hub(
                        new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                        files.filter(Files::isRegularFile).toList());
                Thread.ofVirtual().start(hub::serve);
                return hub;
            }
        }

        String address() {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }

        private void serve() {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept()) {
                    answer(client);
                } catch (IOException e) {
                    return;
                }
            }
        }

        private void answer(Socket client) throws IOException {
            var in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            String path = in.readLine().split(" ")[1];
            while (!in.readLine().isEmpty()) {
                // no header matters
            }
            byte[] body = path.startsWith("/api/")
                    ? list().getBytes(StandardCharsets.UTF_8)
                    : Files.readAllBytes(MODEL.resolve(path.substring(path.lastIndexOf('/') + 1)));
            client.getOutputStream()
                    .write(
                            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                                    .formatted(body.length)
                                    .getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(body);
        }

        private String list() {
            return "{\"sha\": \"%s\", \"siblings\": [%s]}"
                    .formatted(COMMIT, files.stream().map(Hub::entry).collect(Collectors.joining(",")));
        }

        private static String entry(Path file) {
            try {
                byte[] content = Files.readAllBytes(file);
                MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
                sha1.update("blob %d\0".formatted(content.length).getBytes(StandardCharsets.US_ASCII));
                return "{\"rfilename\": \"%s\", \"size\": %d, \"blobId\": \"%s\"}"
                        .formatted(
                                file.getFileName(),
                                content.length,
                                HexFormat.of().formatHex(sha1.digest(content)));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private record Printed(int code, String out, String err) {}

    private Printed run(String endpoint, String... line) throws IOException, InterruptedException {
        ProcessBuilder process = TestDistribution.process(line);
        process.environment().put("HF_HOME", home.toString());
        process.environment().put("HF_ENDPOINT", endpoint);
        List.of("HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE").forEach(process.environment()::remove);
        Path errors = home.resolve("errors");
        Process started = process.redirectError(errors.toFile()).start();
        String out = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Printed(started.waitFor(), out, Files.readString(errors));
    }

    private String training(String teacher) throws IOException, InterruptedException {
        Printed printed = run(
                "http://127.0.0.1:1",
                "inspect",
                "mmmamba-linear",
                "--training",
                "-Dteacher=" + teacher,
                "-Dout=" + home.resolve("out"),
                "-Ddata.file=none.json");
        assertEquals(0, printed.code, printed.err);
        return printed.out;
    }

    @Test
    void aPulledModelIsInspectedAndAnswers() throws Exception {
        Printed pulled;
        try (Hub hub = Hub.start()) {
            pulled = run(hub.address(), "pull", "acme/teacher");
        }
        assertEquals(0, pulled.code, pulled.err);
        Path folder = home.resolve("hub/models--acme--teacher/snapshots").resolve(COMMIT);
        assertEquals(folder + System.lineSeparator(), pulled.out);
        assertTrue(pulled.err.contains("commit " + COMMIT + ", as a MODEL: hf:acme/teacher"), pulled.err);
        Printed byName = run("http://127.0.0.1:1", "inspect", "hf:acme/teacher");
        assertEquals(0, byName.code, byName.err);
        assertEquals(run("http://127.0.0.1:1", "inspect", MODEL.toString()).out, byName.out);
        assertEquals(training(MODEL.toString()), training("hf:acme/teacher"));
        String[] question = {"generate", "hf:acme/teacher", "--prompt", "hello", "--greedy", "--max-tokens", "4"};
        Printed answer = run("http://127.0.0.1:1", question);
        assertEquals(0, answer.code, answer.err);
        question[1] = MODEL.toString();
        assertEquals(run("http://127.0.0.1:1", question).out, answer.out);
    }

    @Test
    void whatWasNotPulledIsNotDownloaded() throws Exception {
        for (String[] line : List.of(
                new String[] {"chat", "hf:acme/other"},
                new String[] {"serve", "hf:acme/other", "--port", "0"},
                new String[] {"inspect", "hf:acme/other", "--training"},
                new String[] {"quantize", "hf:acme/other", "out", "--type", "q8_0"})) {
            Printed printed = run("http://127.0.0.1:1", line);
            assertEquals(1, printed.code, printed.err);
            assertTrue(
                    printed.err.endsWith("carve: hf:acme/other is not in %s; `carve pull acme/other` downloads it%n"
                            .formatted(home.resolve("hub"))),
                    printed.err);
        }
    }
}
