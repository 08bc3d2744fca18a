package carve.testkit.fuzz.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A reader of the replies of a connection that takes the protocol literally: anything else is an error. */
final class HttpReplyReader {
    private static final int MAX_LINE = 64 * 1024;
    private static final int SWITCHING = 101;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    private final InputStream in;
    private final long endNanos;
    private boolean patient;

    /**
     * Makes a reader.
     *
     * @param endNanos the time, of {@link System#nanoTime}, after which the body of an answer is read no further
     */
    HttpReplyReader(InputStream in, long endNanos) {
        this.in = in;
        this.endNanos = endNanos;
    }

    /**
     * Returns the next reply, or nothing where the connection ends.
     *
     * @param bodiless whether the request was one whose reply has no body
     * @throws ProtocolException if there are bytes that are not a reply
     */
    Optional<HttpReply> next(boolean bodiless) throws IOException {
        String line = line();
        if (line.isEmpty()) {
            return Optional.empty();
        }
        int status = status(line);
        Map<String, String> headers = headers();
        if (status < 200 && status != SWITCHING) {
            return next(bodiless); // 100 Continue comes before the reply
        }
        if (bodiless || status == NO_CONTENT || status == NOT_MODIFIED) {
            return Optional.of(new HttpReply(status, headers, new byte[0], true));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        patient = status >= 300;
        boolean complete = body(headers, body);
        return Optional.of(new HttpReply(status, headers, body.toByteArray(), complete));
    }

    private static int status(String line) throws ProtocolException {
        String[] parts = line.split(" ", 3);
        if (parts.length < 2 || !parts[0].matches("HTTP/1\\.[01]") || !parts[1].matches("[1-5][0-9][0-9]")) {
            throw new ProtocolException("not a status line: '" + shown(line) + "'");
        }
        return Integer.parseInt(parts[1]);
    }

    private Map<String, String> headers() throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 1) {
                throw new ProtocolException("not a header: '" + shown(line) + "'");
            }
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return headers;
    }

    private static String shown(String line) {
        return line.substring(0, Math.min(200, line.length()));
    }

    // empty at the end of the stream, too
    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                break;
            }
            line.write(b);
            if (line.size() > MAX_LINE) {
                throw new ProtocolException("a line of the reply's head is longer than " + MAX_LINE + " bytes");
            }
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    private boolean body(Map<String, String> headers, ByteArrayOutputStream body) throws IOException {
        try {
            if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
                return chunks(body);
            }
            String length = headers.get("content-length");
            if (length != null) {
                return copy(Long.parseLong(length), body);
            }
            copy(Long.MAX_VALUE, body);
            return true;
        } catch (EOFException e) {
            return false;
        }
    }

    private boolean chunks(ByteArrayOutputStream body) throws IOException {
        while (true) {
            String size = line();
            if (size.isEmpty()) {
                return false;
            }
            long length = chunkLength(size);
            if (length == 0) {
                line();
                return true;
            }
            if (!copy(length, body)) {
                return false;
            }
            line();
        }
    }

    private static long chunkLength(String size) throws ProtocolException {
        try {
            return Long.parseLong(size.strip(), 16);
        } catch (NumberFormatException e) {
            throw new ProtocolException("not the length of a chunk: '" + shown(size) + "'");
        }
    }

    private boolean copy(long length, ByteArrayOutputStream body) throws IOException {
        byte[] buffer = new byte[8192];
        long left = length;
        while (left > 0) {
            if (!patient && System.nanoTime() > endNanos) {
                return false;
            }
            int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (n < 0) {
                return false;
            }
            body.write(buffer, 0, n);
            left -= n;
        }
        return true;
    }
}
