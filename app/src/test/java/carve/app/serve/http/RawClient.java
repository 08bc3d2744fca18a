package carve.app.serve.http;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A connection to a server that sends bytes as they are given. */
public final class RawClient implements AutoCloseable {
    private final Socket socket;

    /** Connects from an address of this machine. */
    RawClient(URI server, String from) throws IOException {
        socket = new Socket(InetAddress.getByName("127.0.0.1"), server.getPort(), InetAddress.getByName(from), 0);
        socket.setSoTimeout(20_000);
    }

    RawClient(URI server) throws IOException {
        this(server, "127.0.0.1");
    }

    /** A response: its status line and headers, and its body. */
    record RawResponseText(String head, String body) {
        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        /** Returns the error of the body, which must be JSON in OpenAI's form. */
        JsonObject error() {
            return Json.parseObject(body, head).object("error");
        }
    }

    /** Returns all that the server sends to a request until it closes the connection. */
    static String exchange(URI server, String request) throws IOException {
        try (RawClient client = new RawClient(server)) {
            client.send(request);
            return client.rest();
        }
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Reads one response, whose length must be declared. */
    RawResponseText response() throws IOException {
        String head = head();
        int at = head.indexOf("Content-Length: ");
        int length = at < 0
                ? 0
                : Integer.parseInt(
                        head.substring(at + 16, head.indexOf("\r\n", at)).strip());
        return new RawResponseText(
                head, new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8));
    }

    /** Reads a status line and headers. */
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (head.indexOf("\r\n\r\n") < 0) {
            int read = in.read();
            if (read < 0) {
                throw new IOException("the connection was closed after '" + head + "'");
            }
            head.append((char) read);
        }
        return head.toString();
    }

    /** Reads until the server closes the connection, in whichever way. */
    String rest() {
        return rest(socket);
    }

    /** Reads from a connection until the server closes it, in whichever way. */
    public static String rest(Socket socket) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                read.write(b);
            }
        } catch (IOException e) {
            // closed with a reset
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
