package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.serve.http.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that hostile requests neither stop the server nor leave anything behind. */
@Timeout(120)
final class ServerFaultToleranceTest {
    @TempDir
    private Path work;

    private TestServer testServer;

    @BeforeEach
    void start() throws IOException {
        testServer = new TestServer(work, Set.of(), 2000, 256);
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        testServer.assertIdle();
        testServer.close();
    }

    private Socket connect(int buffer) throws IOException {
        Socket socket = new Socket();
        if (buffer > 0) {
            socket.setReceiveBufferSize(buffer);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), testServer.port()));
        return socket;
    }

    private static String head(String path, String length) {
        return "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n%s\r\n\r\n"
                .formatted(path, length);
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    @Test
    void halfABodyIsCutOff() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Socket socket = connect(0);
            sockets.add(socket);
            write(socket, head("/v1/chat/completions", "Content-Length: 1000") + "{\"model\": ");
        }
        for (Socket socket : sockets) {
            String reply = RawClient.rest(socket);
            assertTrue(reply.startsWith("HTTP/1.1 408 ") && reply.contains("request_timeout"), reply);
            socket.close();
        }
    }

    @Test
    void bodyThatEndsEarlyIsNoRequest() throws IOException {
        List<String> broken = List.of(
                head("/v1/completions", "Content-Length: 1000") + "{}",
                head("/v1/completions", "Transfer-Encoding: chunked") + "2\r\n{}\r\n",
                head("/v1/completions", "Transfer-Encoding: chunked") + "not a length\r\n");
        for (String request : broken) {
            try (Socket socket = connect(0)) {
                write(socket, request);
                socket.shutdownOutput();
                String reply = RawClient.rest(socket);
                assertTrue(reply.startsWith("HTTP/1.1 400 "), reply);
                assertTrue(reply.contains("\"message\":\"Incomplete request body: "), reply);
            }
        }
        // who does not go away by himself is cut off, too
        try (Socket socket = connect(0)) {
            write(socket, head("/v1/completions", "Transfer-Encoding: chunked") + "not a length\r\n");
            assertTrue(RawClient.rest(socket).startsWith("HTTP/1.1 400 "));
        }
    }

    @Test
    void bodiesOfAHundredMegabytesAreRefused() throws IOException {
        try (Socket socket = connect(0)) {
            write(socket, head("/v1/completions", "Content-Length: 104857600"));
            flood(socket, "", "");
            assertTrue(RawClient.rest(socket).startsWith("HTTP/1.1 413 ") || socket.isConnected());
        }
        // nor when they do not say how long they are
        try (Socket socket = connect(0)) {
            write(socket, head("/v1/completions", "Transfer-Encoding: chunked"));
            flood(socket, "10000\r\n", "\r\n");
        }
        try (Socket socket = connect(0)) {
            write(socket, head("/v1/completions", "Content-Length: 104857600"));
            assertTrue(RawClient.rest(socket).startsWith("HTTP/1.1 413 "), "told, where the client listens");
        }
    }

    private static void flood(Socket socket, String before, String after) {
        byte[] chunk = new byte[64 * 1024];
        Arrays.fill(chunk, (byte) ' ');
        try {
            OutputStream out = socket.getOutputStream();
            for (int sent = 0; sent < 100 << 20; sent += chunk.length) {
                out.write(before.getBytes(StandardCharsets.UTF_8));
                out.write(chunk);
                out.write(after.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // cut off, as it should be
        }
    }

    @Test
    void whoDoesNotReadIsCutOff() throws IOException, InterruptedException {
        // a reply of more megabytes than what lies between server and client holds
        String ask = "{\"model\": \"small\", \"prompt\": \"" + "zebra".repeat(800_000) + "\"}";
        try (Socket socket = connect(4096)) {
            write(socket, head("/tokenize", "Content-Length: " + ask.length()) + ask);
            while (testServer.server().activeRequests() < 1) {
                Thread.sleep(1);
            }
            while (testServer.server().activeRequests() > 0) {
                Thread.sleep(1);
            }
            assertTrue(!RawClient.rest(socket).endsWith("}"), "cut off before the end");
        }
    }

    @Test
    void whoGoesAwayIsNotAnswered() throws IOException, InterruptedException {
        for (String stream : List.of("true", "false")) {
            String ask = ("{\"model\": \"endless\", \"stream\": %s, \"max_tokens\": 16000,"
                            + " \"messages\": [{\"role\": \"user\", \"content\": \"go on\"}]}")
                    .formatted(stream);
            double before = cancelled();
            for (int i = 0; i < 12; i++) {
                try (Socket socket = connect(0)) {
                    write(socket, head("/v1/chat/completions", "Content-Length: " + ask.length()) + ask);
                    if (i % 3 > 0) {
                        socket.getInputStream().read(new byte[100 * i]);
                    }
                }
            }
            while (cancelled() < before + 12) {
                Thread.sleep(5);
            }
        }
    }

    private double cancelled() {
        return testServer.engine("endless").metrics().counters().get("requests_cancelled");
    }

    @Test
    void nonsenseIsRefused() throws IOException, InterruptedException {
        List<String> bodies = List.of(
                "",
                "nonsense",
                "{\"model\": \"small\", \"prompt\": \"a\"",
                "{\"model\": \"small\", \"prompt\": \"a\", \"prompt\": \"b\"}",
                "[".repeat(100_000),
                "{\"a\":".repeat(50_000),
                "{\"model\": \"small\", \"prompt\": [[1, 2], \"a\", {}]}",
                "{\"model\": \"small\", \"prompt\": [1, 1e99]}",
                "{\"model\": \"small\", \"prompt\": [-1]}",
                "{\"model\": \"small\", \"prompt\": [1.5]}",
                "{\"model\": \"small\", \"prompt\": []}",
                "{\"model\": \"small\", \"prompt\": \"a\", \"max_tokens\": -1}",
                "{\"model\": \"small\", \"prompt\": \"a\", \"max_tokens\": 1e30}",
                "{\"model\": \"small\", \"prompt\": \"a\", \"temperature\": NaN}",
                "{\"model\": \"small\", \"prompt\": \"a\", \"wings\": 2}",
                "{\"model\": {}, \"prompt\": \"a\"}",
                "\u0000\u0001\u0002");
        for (String body : bodies) {
            assertEquals(
                    400,
                    testServer.post("/v1/completions", body).statusCode(),
                    () -> body.substring(0, Math.min(80, body.length())));
        }
        try (Socket socket = connect(0)) {
            write(socket, "\u0016\u0003\u0001 this is not HTTP\r\n\r\n");
            RawClient.rest(socket);
        }
        try (Socket socket = connect(0)) {
            write(socket, "GET /" + "a".repeat(1 << 20) + " HTTP/1.1\r\n\r\n");
            RawClient.rest(socket);
        } catch (IOException e) {
            // cut off while it was sent
        }
    }

    @Test
    void idsOfStatesAreNoPaths() throws IOException, InterruptedException {
        for (String id : List.of(
                "..%2f..%2f..%2fetc%2fpasswd",
                "%2e%2e",
                "st-..%2f..%2f..%2f..%2f..%2f.json",
                "st-000000000000000000000000",
                "st-00000000000000000000000g",
                "%00",
                "st-%0a")) {
            for (String method : List.of("GET", "DELETE")) {
                var reply = testServer.send(testServer
                        .request("/v1/states/" + id)
                        .method(method, java.net.http.HttpRequest.BodyPublishers.noBody()));
                assertTrue(
                        List.of(400, 404, 405).contains(reply.statusCode()),
                        () -> method + " " + id + ": " + reply.statusCode());
            }
        }
        for (String raw : List.of(
                "/v1/states/../../../etc/passwd",
                "/../../../etc/passwd",
                "/..%2f..%2fmodule-info.class",
                "//etc/passwd")) {
            try (Socket socket = connect(0)) {
                write(socket, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".formatted(raw));
                String reply = RawClient.rest(socket);
                assertTrue(reply.startsWith("HTTP/1.1 404 ") || reply.startsWith("HTTP/1.1 400 "), reply);
            }
        }
        for (String id : List.of("../../secret", "st-../../../../../../secret00", "")) {
            String body =
                    "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"carve\": {\"state\": \"%s\"}}"
                            .formatted(id);
            assertEquals(404, testServer.post("/v1/chat/completions", body).statusCode());
            assertEquals(
                    404,
                    testServer
                            .post("/v1/states", "{\"from\": \"%s\"}".formatted(id))
                            .statusCode());
        }
    }

    private static String picture(byte[] bytes) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes);
    }

    private String about(String url) {
        return ("{\"model\": \"small\", \"max_tokens\": 4, \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\","
                        + " \"text\": \"describe the picture\"}, {\"type\": \"image_url\", \"image_url\": {\"url\": \"%s\"}}]}]}")
                .formatted(url);
    }

    @Test
    void hostilePicturesAreRefused() throws IOException, InterruptedException {
        byte[] fine = png(24, 24, 24);
        testServer.ask("/v1/chat/completions", about(picture(fine)));
        List<String> hostile = List.of(
                // small files that are large pictures, honestly and not
                picture(png(30_000, 30_000, 16)),
                picture(png(Integer.MAX_VALUE, Integer.MAX_VALUE, 1)),
                picture(png(0, 0, 0)),
                picture(Arrays.copyOf(fine, 20)),
                picture(Arrays.copyOf(fine, 5)),
                picture(new byte[0]),
                picture("GIF89a".getBytes(StandardCharsets.UTF_8)),
                "data:image/jpeg;base64,/9j/4AAQSkZJRg==",
                "data:image/png;base64,****",
                "data:image/png" + ";name=value".repeat(20_000) + ";base64,iVBORw0KGgo=",
                "data:image/svg+xml;base64,PHN2Zy8+",
                "data:text/plain,hello",
                "http://169.254.169.254/latest/meta-data",
                "file:///etc/passwd",
                "");
        for (String url : hostile) {
            var reply = testServer.post("/v1/chat/completions", about(url));
            assertEquals("invalid_request_error", TestServer.error(reply, 400).string("type"), url);
        }
        // what follows the pixels that the header tells of is not unpacked
        int status = testServer
                .post("/v1/chat/completions", about(picture(png(24, 24, 2_000_000))))
                .statusCode();
        assertTrue(status == 200 || status == 400, () -> "a picture of too many rows: " + status);
    }

    /** Returns a PNG that says it has these extents, and has so many rows of grey. */
    private static byte[] png(int width, int height, int rows) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(header);
        data.writeInt(width);
        data.writeInt(height);
        data.write(new byte[] {8, 0, 0, 0, 0});
        chunk(bytes, "IHDR", header.toByteArray());
        ByteArrayOutputStream values = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(values)) {
            for (int row = 0; row < rows; row++) {
                deflater.write(new byte[1 + Math.min(width, 30_000)]);
            }
        }
        chunk(bytes, "IDAT", values.toByteArray());
        chunk(bytes, "IEND", new byte[0]);
        return bytes.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream to, String type, byte[] content) throws IOException {
        DataOutputStream out = new DataOutputStream(to);
        out.writeInt(content.length);
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        out.write(name);
        out.write(content);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(content);
        out.writeInt((int) sum.getValue());
    }
}
