package carve.app.serve.http;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** A request and the response to it. Confined to the thread of its handler. */
public final class HttpCall {
    static final int MAX_TARGET_LENGTH = 8 * 1024;
    static final int MAX_HEADER_LENGTH = 32 * 1024;
    private static final int MAX_HEADERS = 200;

    /**
     * The most values of a body: a number of two bytes becomes an object of some eighty, so one of 32 MiB would need more than a
     * gigabyte.
     */
    public static final long MAX_JSON_VALUES = 1L << 20;

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY");
    private static final byte[] SPACE = {' '};

    private final Request request;
    private final Response response;
    private final RequestBody body;
    private final ResponseWriter writer;
    private boolean begun;
    private boolean events;
    private boolean cut;

    /** Makes the call of a request, within limits. */
    HttpCall(Request request, Response response, ClientConnection connection, HttpLimits limits) {
        this.request = request;
        this.response = response;
        this.body = new RequestBody(request, connection, limits);
        this.writer = new ResponseWriter(response, limits.writeTimeoutMillis());
    }

    /** Returns the method. */
    public String method() {
        return request.getMethod();
    }

    /** Returns the decoded path. */
    public String path() {
        return Optional.ofNullable(request.getHttpURI().getDecodedPath()).orElse("/");
    }

    /** Returns the first value of a header of the request. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /**
     * Refuses a request whose target or headers are too long, or whose method no server of HTTP knows.
     *
     * @throws ApiException with status 414, 431 or 501
     */
    void requireBoundedHead() {
        if (request.getHttpURI().getPathQuery().length() > MAX_TARGET_LENGTH) {
            throw targetTooLong();
        }
        int length = request.getHeaders().stream()
                .mapToInt(field -> field.getName().length()
                        + Optional.ofNullable(field.getValue()).orElse("").length())
                .sum();
        if (length > MAX_HEADER_LENGTH || request.getHeaders().size() > MAX_HEADERS) {
            throw headersTooLarge();
        }
        if (!METHODS.contains(method())) {
            throw ApiException.requestError(
                    501, "unknown_method", "This server does not know the method %s.", method());
        }
    }

    /** Returns the error of a request whose path and query are too long. */
    static ApiException targetTooLong() {
        return ApiException.requestError(
                414,
                "request_target_too_long",
                "The path and query of the request are too long; the limit is %d characters.",
                MAX_TARGET_LENGTH);
    }

    /** Returns the error of a request with too many headers, or too long ones. */
    static ApiException headersTooLarge() {
        return ApiException.requestError(
                431,
                "request_headers_too_large",
                "The headers of the request are too large; the limits are %d headers and %d characters.",
                MAX_HEADERS,
                MAX_HEADER_LENGTH);
    }

    /** Returns whether the response has begun, so that its status cannot change. */
    public boolean responseStarted() {
        return begun;
    }

    /** Returns whether the response cannot be completed, so that its connection must be closed. */
    boolean isCut() {
        return cut;
    }

    /**
     * Returns the body.
     *
     * @throws ApiException if it is too long, too slow, or ends too early
     */
    public byte[] body() throws IOException {
        return body.read();
    }

    /**
     * Returns a body as an object.
     *
     * @throws ApiException if it is not one, or has more than a million values
     */
    public static JsonObject parse(byte[] body) {
        try {
            return Json.parseObject(body, "request", MAX_JSON_VALUES);
        } catch (JsonException e) {
            throw ApiException.invalidParameter(
                    "", "We could not parse the JSON body of your request: %s", e.getMessage());
        }
    }

    /** Sets a header of the response. */
    public void setHeader(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /** Sends a whole response, or, after {@link #keepAlive}, the rest of it. */
    public void send(int status, String type, byte[] bytes) throws IOException {
        if (!begun) {
            begin(status, type);
            if (!HttpStatus.hasNoBody(status)) {
                response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
            }
        }
        writer.end(bytes);
    }

    /** Sends an object. */
    public void send(int status, JsonObject json) throws IOException {
        send(status, "application/json", bytes(Json.compact(json)));
    }

    /** Starts a stream of server-sent events. */
    public void startEventStream() {
        events = true;
        setHeader("Cache-Control", "no-cache");
        setHeader("X-Accel-Buffering", "no");
        begin(200, "text/event-stream; charset=utf-8");
    }

    private void begin(int status, String type) {
        response.setStatus(status);
        if (!type.isEmpty()) {
            setHeader("Content-Type", type);
        }
        begun = true;
    }

    /** Sends an event. */
    public void sendEvent(String data) throws IOException {
        writer.write(bytes("data: " + data + "\n\n"));
    }

    /**
     * Sends a keep-alive if nothing was sent for so long, which also detects a client that has disconnected: a comment of the
     * event stream, or white space before a JSON object.
     */
    public void keepAlive(long millis) throws IOException {
        if (writer.idleMillis() >= millis) {
            if (!begun) {
                begin(200, "application/json");
            }
            writer.write(events ? bytes(": keep-alive\n\n") : SPACE);
        }
    }

    /** Ends a response that was started. */
    public void endResponse() throws IOException {
        if (begun) {
            writer.end();
        }
    }

    /**
     * Sends an error: as the response, or as the last event of a stream that was started. Where the status 200 of another response
     * has been sent already, the connection is cut, so that no client takes the error for an answer.
     */
    void sendError(ApiException e) throws IOException {
        if (events) {
            sendEvent(Json.compact(e.json()));
            endResponse();
            return;
        }
        if (begun) {
            cut = true;
            return;
        }
        if (e.isTemporary()) {
            setHeader("Retry-After", "1");
        }
        if (e.status() == 401) {
            setHeader("WWW-Authenticate", "Bearer");
        }
        if (e.status() == 413 || e.status() == 408) {
            setHeader("Connection", "close");
        }
        send(e.status(), e.json());
        if (e.status() == 413) {
            body.discard();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
