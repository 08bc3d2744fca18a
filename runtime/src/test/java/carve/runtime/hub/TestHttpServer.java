package carve.runtime.hub;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** An HTTP server on a free port, which may break off its answers. */
final class TestHttpServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Function<Request, Reply> handler;

    private TestHttpServer(ServerSocket socket, Function<Request, Reply> handler) {
        this.socket = socket;
        this.handler = handler;
    }

    /** A request; names of headers are in lower case. */
    record Request(String method, String path, String query, Map<String, String> headers) {
        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }
    }

    /**
     * An answer.
     *
     * @param body all of it, of which the headers tell the length
     * @param sent how many bytes are sent before the connection is closed
     * @param stalls whether the connection stays open after that
     */
    record Reply(int status, Map<String, String> headers, byte[] body, int sent, boolean stalls) {
        static Reply of(int status, Map<String, String> headers, byte[] body) {
            return new Reply(status, headers, body, body.length, false);
        }

        static Reply json(String text) {
            return of(200, Map.of("Content-Type", "application/json"), text.getBytes(StandardCharsets.UTF_8));
        }

        Reply cutAfter(int bytes) {
            return new Reply(status, headers, body, Math.min(bytes, body.length), stalls);
        }

        Reply stallsAfter(int bytes) {
            return new Reply(status, headers, body, Math.min(bytes, body.length), true);
        }
    }

    static TestHttpServer start(int port, Function<Request, Reply> handler) throws IOException {
        TestHttpServer server =
                new TestHttpServer(new ServerSocket(port, 50, InetAddress.getLoopbackAddress()), handler);
        Thread.ofVirtual().start(server::accept);
        return server;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            Request request = read(new BufferedInputStream(client.getInputStream()));
            Reply reply = handler.apply(request);
            StringBuilder head = new StringBuilder("HTTP/1.1 %d Test\r\nConnection: close\r\n".formatted(reply.status));
            if (!reply.headers.containsKey("Content-Length") && !reply.headers.containsKey("No-Length")) {
                head.append("Content-Length: %d\r\n".formatted(reply.body.length));
            }
            reply.headers.forEach((name, value) -> head.append("%s: %s\r\n".formatted(name, value)));
            OutputStream out = client.getOutputStream();
            out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            if (!request.method.equals("HEAD")) {
                out.write(reply.body, 0, reply.sent);
            }
            out.flush();
            while (reply.stalls && client.getInputStream().read() >= 0) {
                // until the client closes
            }
        } catch (IOException e) {
            // the client has gone
        }
    }

    private static Request read(InputStream in) throws IOException {
        String[] line = line(in).split(" ");
        Map<String, String> headers = new TreeMap<>();
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        int query = line[1].indexOf('?');
        String path = query < 0 ? line[1] : line[1].substring(0, query);
        return new Request(
                line[0],
                URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8),
                query < 0 ? "" : line[1].substring(query + 1),
                headers);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
