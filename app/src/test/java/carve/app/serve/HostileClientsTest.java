package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.TestDistribution;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server with a heap of one GiB, in a process of its own that ends at the first OutOfMemoryError, and 64 clients. Most of them
 * send bodies that are made to fill the heap; the others lose nothing by that.
 */
@Timeout(600)
final class HostileClientsTest {
    private static final int CLIENTS = 64;
    private static final int WELL_BEHAVED = 16;
    private static final int REQUESTS = Integer.getInteger("carve.hostile.requests", 2);
    private static final int ATTEMPTS = 60;
    private static final int LARGE = 31 << 20;
    private static final String PATH = "/v1/chat/completions";

    @TempDir
    private Path work;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Process process;
    private URI address;

    @BeforeEach
    void start() throws IOException {
        ProcessBuilder builder = TestDistribution.process(
                        "serve",
                        "teacher=" + Path.of("..", "demo", "teacher"),
                        "--port",
                        "0",
                        "--states",
                        work.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx1g -XX:+ExitOnOutOfMemoryError -Djava.io.tmpdir=" + work);
        process = builder.start();
        BufferedReader out = process.inputReader();
        String line = out.readLine();
        assertTrue(line != null && line.startsWith("carve serves [teacher] at http://"), () -> "found " + line);
        address = URI.create(line.substring(line.lastIndexOf(' ') + 1));
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        process.destroyForcibly().waitFor();
    }

    private HttpResponse<String> post(byte[] body) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(address.resolve(PATH))
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** Returns the text of the answer, after as many attempts as the server asks for. */
    private String ask(byte[] body) throws IOException, InterruptedException {
        HttpResponse<String> response = post(body);
        for (int attempt = 1; attempt < ATTEMPTS && Set.of(429, 503).contains(response.statusCode()); attempt++) {
            Thread.sleep(1000L
                    * Integer.parseInt(
                            response.headers().firstValue("Retry-After").orElseThrow()));
            response = post(body);
        }
        assertEquals(200, response.statusCode(), response::body);
        JsonObject choice = (JsonObject) Json.parseObject(response.body(), "reply")
                .array("choices")
                .items()
                .getFirst();
        return choice.object("message").string("content");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] chat(String content) {
        return bytes(
                ("{\"model\": \"teacher\", \"max_tokens\": 16, \"temperature\": 0, \"messages\": [{\"role\": \"user\","
                                + " \"content\": %s}]}")
                        .formatted(content));
    }

    private static String picture(int side) throws IOException {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < side * side; i++) {
            image.setRGB(i % side, i / side, i * 7919);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        return "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,%s\"}}"
                .formatted(Base64.getEncoder().encodeToString(png.toByteArray()));
    }

    private static List<byte[]> wellBehaved() throws IOException {
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < WELL_BEHAVED - 2; i++) {
            bodies.add(chat("\"color of the star number %d %s\"".formatted(i, "please ".repeat(i * 20))));
        }
        String question = "[%s, {\"type\": \"text\", \"text\": \"describe the picture\"}]";
        bodies.add(chat(question.formatted(picture(64))));
        bodies.add(chat(question.formatted(picture(512))));
        return bodies;
    }

    private static List<byte[]> hostile() throws IOException {
        String pictures = (picture(3000) + ", ").repeat(1) + picture(64);
        return List.of(
                bytes("{\"model\": \"teacher\", \"messages\": [" + "1,".repeat(LARGE / 2) + "1]}"),
                bytes("{\"model\": \"teacher\", \"a\": [" + "[],".repeat(300_000) + "1]}"),
                bytes("{\"messages\": " + "[".repeat(LARGE / 2)),
                bytes("{\"a\":".repeat(LARGE / 5)),
                chat("\"" + "word ".repeat((20 << 20) / 5) + "\""),
                chat("\"\\u20ac" + "x".repeat(20 << 20) + "\""),
                chat("[" + pictures + "]"),
                bytes("{\"model\": \"teacher\", \"metadata\": {" + entries(500_000) + "}}"),
                bytes("x".repeat(LARGE)));
    }

    private static String entries(int count) {
        StringBuilder entries = new StringBuilder("\"a\": \"b\"");
        for (int i = 0; i < count; i++) {
            entries.append(", \"").append(i).append("\": \"\"");
        }
        return entries.toString();
    }

    @Test
    void wellBehavedClientsLoseNothing() throws IOException, InterruptedException, ExecutionException {
        List<byte[]> requests = wellBehaved();
        List<String> alone = new ArrayList<>();
        for (byte[] request : requests) {
            alone.add(ask(request));
        }
        List<byte[]> hostile = hostile();
        Map<Integer, Integer> statuses = new TreeMap<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Integer>>> attacks = IntStream.range(0, CLIENTS - WELL_BEHAVED)
                    .mapToObj(i -> clients.submit(() -> attack(hostile, i)))
                    .toList();
            List<Future<List<String>>> answers = requests.stream()
                    .map(request -> clients.submit(() -> askWhile(attacks, request)))
                    .toList();
            for (int i = 0; i < requests.size(); i++) {
                String expected = alone.get(i);
                List<String> answered = answers.get(i).get();
                assertTrue(answered.stream().allMatch(expected::equals), () -> expected + " became " + answered);
            }
            for (Future<List<Integer>> attack : attacks) {
                attack.get().forEach(status -> statuses.merge(status, 1, Integer::sum));
            }
        }
        assertTrue(process.isAlive(), "the server has run out of memory");
        assertTrue(Set.of(200, 400, 413, 429, 503).containsAll(statuses.keySet()), statuses::toString);
        assertTrue(statuses.getOrDefault(400, 0) > 0, statuses::toString);
    }

    private List<Integer> attack(List<byte[]> bodies, int first) throws InterruptedException {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            try {
                statuses.add(post(bodies.get((first + i) % bodies.size())).statusCode());
            } catch (IOException e) {
                // refused while the body was sent
                assertTrue(process.isAlive(), "the server has run out of memory");
            }
        }
        return statuses;
    }

    private List<String> askWhile(List<Future<List<Integer>>> attacks, byte[] request)
            throws IOException, InterruptedException {
        List<String> answers = new ArrayList<>();
        do {
            answers.add(ask(request));
        } while (!attacks.stream().allMatch(Future::isDone));
        return answers;
    }
}
