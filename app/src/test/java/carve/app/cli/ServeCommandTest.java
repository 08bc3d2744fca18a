package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.TestDistribution;
import carve.app.plugin.PluginJarBuilder;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as a user starts it, with the demo's teacher, in a process that may be killed. */
@Timeout(300)
final class ServeCommandTest {
    private static final String TEACHER = "teacher=" + Path.of("..", "demo", "teacher");

    @TempDir
    private Path work;

    @TempDir
    private Path temporary;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A process that serves, and where. */
    private record Running(Process process, URI address) {}

    private Running start(String... more) throws IOException {
        String[] line = {"serve", TEACHER, "--port", "0", "--states", work.toString()};
        String[] all = Arrays.copyOf(line, line.length + more.length);
        System.arraycopy(more, 0, all, line.length, more.length);
        ProcessBuilder builder = TestDistribution.process(all).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        Process process = builder.start();
        BufferedReader out = process.inputReader();
        String said = out.readLine();
        assertTrue(said != null && said.startsWith("carve serves [teacher] at http://"), () -> "said " + said);
        return new Running(process, URI.create(said.substring(said.lastIndexOf(' ') + 1)));
    }

    private HttpResponse<String> post(Running running, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(running.address.resolve(path))
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private JsonObject ask(Running running, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = post(running, path, body);
        assertEquals(200, response.statusCode(), response::body);
        return Json.parseObject(response.body(), "reply");
    }

    private static String text(JsonObject reply) {
        return ((JsonObject) reply.array("choices").items().getFirst())
                .object("message")
                .string("content");
    }

    private static byte[] png() throws IOException {
        BufferedImage image = new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 48 * 48; i++) {
            image.setRGB(i % 48, i / 48, i * 7919);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    // as OpenAI's client sends what lmms-eval's openai_compatible builds
    private static String about(byte[] picture) {
        return ("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;"
                        + "base64,%s\"}},{\"type\":\"text\",\"text\":\"describe the picture\"}]}],\"model\":\"teacher\",\"max_tokens\":16,"
                        + "\"temperature\":0}")
                .formatted(Base64.getEncoder().encodeToString(picture));
    }

    private static final String SAID = "{\"role\": \"user\", \"content\": \"%s\"}"
            .formatted("color of the star ".repeat(30).strip());

    private static String goOn(String id) {
        return "{\"carve\": {\"state\": \"%s\"}, \"messages\": [{\"role\": \"assistant\", \"content\": \"red\"}, {\"role\": \"user\", \"content\": \"shape\"}], \"temperature\": 0}"
                .formatted(id);
    }

    @Test
    void savedStatesOutliveAProcessThatIsKilled() throws IOException, InterruptedException {
        Running first = start();
        String id =
                ask(first, "/v1/states", "{\"messages\": [%s]}".formatted(SAID)).string("id");
        JsonObject before = ask(first, "/v1/chat/completions", goOn(id));
        assertTrue(before.object("usage").object("prompt_tokens_details").integer("cached_tokens") >= 64);
        assertFalse(text(before).isEmpty());
        pictures(first);
        wordsStandApart(first);
        assertEquals(137, first.process.destroyForcibly().waitFor(), "killed");

        Running second = start();
        JsonObject after = ask(second, "/v1/chat/completions", goOn(id));
        assertEquals(text(before), text(after));
        assertTrue(after.object("usage").object("prompt_tokens_details").integer("cached_tokens") >= 64);
        // whoever is being answered is answered when the server is stopped
        HttpRequest last = HttpRequest.newBuilder(second.address.resolve("/v1/completions"))
                .POST(BodyPublishers.ofString(
                        "{\"prompt\": \"shape\", \"max_tokens\": 400, \"stream\": true, \"temperature\": 1.9}"))
                .build();
        HttpResponse<java.io.InputStream> streamed = client.send(last, BodyHandlers.ofInputStream());
        second.process.destroy();
        String events = new String(streamed.body().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(events.endsWith("data: [DONE]\n\n"), events);
        assertEquals(143, second.process.waitFor(), "terminated");
    }

    private List<Path> copiesOfPlugins() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.filter(file -> file.getFileName().toString().startsWith("carve-plugins"))
                    .toList();
        }
    }

    @Test
    void copiesOfPluginsGoWithTheProcess() throws IOException, InterruptedException {
        Path plugins = Files.createDirectories(work.resolve("plugins"));
        PluginJarBuilder.mixer("com.example.late", "late")
                .write(plugins.resolve("late").resolve("late.jar"));
        Running killed = start("--plugins", plugins.toString());
        List<Path> left = copiesOfPlugins();
        assertEquals(1, left.size());
        assertEquals(137, killed.process.destroyForcibly().waitFor(), "killed");
        assertEquals(left, copiesOfPlugins());

        Running next = start("--plugins", plugins.toString());
        assertEquals(1, copiesOfPlugins().size());
        assertFalse(copiesOfPlugins().contains(left.getFirst()), "the next process deletes what the killed one left");
        Running beside = start("--plugins", plugins.toString());
        assertEquals(2, copiesOfPlugins().size(), "and what belongs to a living one stays");
        next.process.destroy();
        beside.process.destroy();
        assertEquals(143, next.process.waitFor(), "terminated");
        assertEquals(143, beside.process.waitFor(), "terminated");
        assertEquals(List.of(), copiesOfPlugins());
    }

    private void wordsStandApart(Running running) throws IOException, InterruptedException {
        JsonObject reply = ask(
                running,
                "/v1/completions",
                "{\"prompt\": \"describe the picture\", \"max_tokens\": 2, \"temperature\": 0, \"echo\": true}");
        String said = ((JsonObject) reply.array("choices").items().getFirst()).string("text");
        assertTrue(said.matches("describe the picture \\S.*"), said);
    }

    private void pictures(Running running) throws IOException, InterruptedException {
        byte[] fine = png();
        JsonObject seen = ask(running, "/v1/chat/completions", about(fine));
        assertFalse(text(seen).isEmpty());
        // some of it from a snapshot, with the picture
        assertEquals(text(seen), text(ask(running, "/v1/chat/completions", about(fine))));
        byte[] broken = fine.clone();
        Arrays.fill(broken, fine.length / 2, fine.length / 2 + 64, (byte) 0);
        for (byte[] hostile : List.of(Arrays.copyOf(fine, fine.length / 2), broken, Arrays.copyOf(fine, 40))) {
            HttpResponse<String> reply = post(running, "/v1/chat/completions", about(hostile));
            assertEquals(400, reply.statusCode(), reply::body);
            assertTrue(reply.body().contains("invalid_request_error"), reply::body);
        }
        assertEquals(text(seen), text(ask(running, "/v1/chat/completions", about(fine))));
    }
}
