package carve.app.serve.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.train.RunFixture;
import carve.app.train.RunFolders;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WatchServerTest {
    @TempDir
    private Path folder;

    private Path picture;
    private WatchServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws IOException {
        picture = Files.write(folder.resolve("a b.png"), new byte[] {1, 2, 3});
        RunFixture.whole(folder.resolve("runs/hybrid"), picture);
        server = WatchServer.start(new RunFolders(folder.resolve("runs")), 0, Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.address()).resolve(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    @Test
    void whatHasNotChangedIsNotSentAgain() throws IOException, InterruptedException {
        HttpResponse<byte[]> first = get("/runs");
        JsonObject run = (JsonObject)
                Json.parseObject(first.body(), "runs").array("runs").items().getFirst();
        assertEquals("hybrid", run.string("name"));
        assertEquals("finished", run.string("status"));
        String tag = first.headers().firstValue("ETag").orElseThrow();
        HttpResponse<byte[]> second = get("/runs", "If-None-Match", tag);
        assertEquals(304, second.statusCode());
        assertEquals(0, second.body().length);
        new RunFixture(folder.resolve("runs/hybrid")).steps("logits", 121, 121);
        assertEquals(200, get("/runs", "If-None-Match", tag).statusCode());
    }

    @Test
    void picturesOfSamplesAreShownAndNoOtherFiles() throws IOException, InterruptedException {
        get("/runs");
        assertArrayEquals(
                new byte[] {1, 2, 3}, get("/picture/" + named(picture)).body());
        Path other = Files.write(folder.resolve("c.png"), new byte[] {4});
        for (String path : new String[] {
            "/picture/" + named(other), "/picture/" + named(Path.of("/etc/passwd")), "/picture", "/module-info.class"
        }) {
            assertEquals(404, get(path).statusCode(), path);
        }
        for (String path : new String[] {"/picture/%2e%2e", "/../pom.xml"}) {
            assertEquals(400, get(path).statusCode(), path);
        }
    }

    private static String named(Path file) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(file.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void pagesOfElsewhereAreRefused() throws IOException {
        int port = URI.create(server.address()).getPort();
        try (Socket socket = new Socket("localhost", port)) {
            socket.getOutputStream()
                    .write("GET /runs HTTP/1.1\r\nHost: evil.example:%d\r\nConnection: close\r\n\r\n"
                            .formatted(port)
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
        }
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws IOException, InterruptedException {
        for (String path : new String[] {"/", "/base.css", "/run.css", "/charts.js", "/run.js"}) {
            HttpResponse<byte[]> answer = get(path);
            assertEquals(200, answer.statusCode(), path);
            String text = new String(answer.body(), StandardCharsets.UTF_8).replace("http://www.w3.org/2000/svg", "");
            assertTrue(!text.contains("http://") && !text.contains("https://"), path);
        }
    }
}
