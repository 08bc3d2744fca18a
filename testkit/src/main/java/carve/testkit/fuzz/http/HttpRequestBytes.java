package carve.testkit.fuzz.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A request, or several, in bytes, and how they are sent.
 *
 * @param kind the name of its kind in tables
 * @param bytes all bytes
 * @param sent how many of them are sent; where it is fewer than there are, the client disconnects then
 * @param piece how many are sent at a time, with a pause between; 0 sends all at once
 * @param framed whether the request is framed rightly, so that it must be answered
 */
record HttpRequestBytes(String kind, byte[] bytes, int sent, int piece, boolean framed) {
    /** Returns a request that is sent whole and must be answered. */
    static HttpRequestBytes framed(String kind, byte[] bytes) {
        return new HttpRequestBytes(kind, bytes, bytes.length, 0, true);
    }

    /** Returns a request that is sent whole and may end without an answer, since it may not be one. */
    static HttpRequestBytes raw(String kind, byte[] bytes) {
        return new HttpRequestBytes(kind, bytes, bytes.length, 0, false);
    }

    /** Returns this request, after whose first bytes the client disconnects. */
    HttpRequestBytes cut(int after) {
        return new HttpRequestBytes(kind, bytes, after, piece, false);
    }

    /** Returns this request, sent in pieces. */
    HttpRequestBytes inPieces(int length) {
        return new HttpRequestBytes(kind, bytes, sent, length, framed);
    }

    /** Returns whether the client disconnects before the end. */
    boolean isCut() {
        return sent < bytes.length;
    }

    /** Returns whether replies have no body. */
    boolean bodiless() {
        return new String(Arrays.copyOf(bytes, Math.min(5, bytes.length)), StandardCharsets.ISO_8859_1).equals("HEAD ");
    }

    /** Returns the bytes of a request with a body of JSON. */
    static byte[] post(String path, byte[] body) {
        return withBody(
                "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                        .formatted(path, body.length),
                body);
    }

    /** Returns the bytes of a request with its body in chunks. */
    static byte[] chunked(String path, byte[] body, int chunk) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(
                ("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                                .formatted(path))
                        .getBytes(StandardCharsets.ISO_8859_1));
        for (int from = 0; from < body.length; from += chunk) {
            byte[] part = Arrays.copyOfRange(body, from, Math.min(body.length, from + chunk));
            text.writeBytes((Integer.toHexString(part.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            text.writeBytes(part);
            text.writeBytes(new byte[] {'\r', '\n'});
        }
        text.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        return text.toByteArray();
    }

    /** Returns the bytes of a request without a body. */
    static byte[] plain(String method, String path) {
        return "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .formatted(method, path)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] withBody(String head, byte[] body) {
        byte[] first = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = Arrays.copyOf(first, first.length + body.length);
        System.arraycopy(body, 0, all, first.length, body.length);
        return all;
    }
}
