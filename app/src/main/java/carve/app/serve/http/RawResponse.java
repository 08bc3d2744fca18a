package carve.app.serve.http;

import carve.api.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpStatus;

/** Responses to connections that get no further than that: an error, and the connection is closed. */
final class RawResponse {
    private RawResponse() {}

    /** Returns the bytes of a response. */
    static ByteBuffer of(ApiException error) {
        byte[] body = Json.compact(error.json()).getBytes(StandardCharsets.UTF_8);
        String retry = error.isTemporary() ? "Retry-After: 1\r\n" : "";
        byte[] head =
                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n"
                        .formatted(error.status(), HttpStatus.getMessage(error.status()), retry, body.length)
                        .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + body.length)
                .put(head)
                .put(body)
                .flip();
    }
}
