package carve.app.serve.http;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A request and the response to it. Confined to the thread of its exchange. */
public final class HttpCall {
    // a number of two bytes becomes an object of some eighty: a body of 32 MiB would need more than a gigabyte
    private static final long MAX_JSON_VALUES = 1L << 20;

    private static final int CHUNK = 64 * 1024;
    private static final int MAX_TARGET_LENGTH = 8 * 1024;
    private static final int MAX_HEADER_LENGTH = 32 * 1024;
    private static final long LINGER = 8L << 20;
    private static final byte[] SPACE = {' '};

    private final HttpExchange exchange;
    private final Deadlines deadlines;
    private final HttpLimits limits;
    private Optional<OutputStream> begun = Optional.empty();
    private boolean events;
    private boolean broken;
    private long lastWriteNanos = System.nanoTime();

    /** Makes the call of an exchange, within limits. */
    public HttpCall(HttpExchange exchange, Deadlines deadlines, HttpLimits limits) {
        this.exchange = exchange;
        this.deadlines = deadlines;
        this.limits = limits;
    }

    /** Returns the method. */
    public String method() {
        return exchange.getRequestMethod();
    }

    /** Returns the decoded path. */
    public String path() {
        return Optional.ofNullable(exchange.getRequestURI().getPath()).orElse("/");
    }

    /** Returns the first value of a header of the request. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    /**
     * Refuses a request whose target or headers are too long, or that names no host though its version demands one.
     *
     * @throws ApiException with status 414, 431 or 400
     */
    void requireBoundedHead() {
        int target = exchange.getRequestURI().toString().length();
        if (target > MAX_TARGET_LENGTH) {
            throw ApiException.requestError(
                    414,
                    "request_target_too_long",
                    "The path and query of the request have %d characters; the limit is %d.",
                    target,
                    MAX_TARGET_LENGTH);
        }
        long headers = exchange.getRequestHeaders().entrySet().stream()
                .mapToLong(header -> header.getValue().stream()
                        .mapToLong(value -> header.getKey().length() + value.length())
                        .sum())
                .sum();
        if (headers > MAX_HEADER_LENGTH) {
            throw ApiException.requestError(
                    431,
                    "request_headers_too_large",
                    "The headers of the request have %d characters; the limit is %d.",
                    headers,
                    MAX_HEADER_LENGTH);
        }
        if (exchange.getProtocol().equals("HTTP/1.1") && header("Host").isEmpty()) {
            throw ApiException.requestError(400, "missing_host", "A request of HTTP/1.1 needs the header 'Host'.");
        }
    }

    /** Returns whether the status and headers of the response have been sent. */
    public boolean responseStarted() {
        return begun.isPresent();
    }

    /**
     * Returns the body.
     *
     * @throws ApiException if it is too long, or ends too early
     */
    public byte[] body() throws IOException {
        long told = header("Content-Length").map(HttpCall::length).orElse(0L);
        if (told > limits.maxBodyBytes()) {
            throw tooLong();
        }
        return deadlines.within(limits.readTimeoutMillis(), () -> {
            InputStream in = exchange.getRequestBody();
            ByteArrayOutputStream body = new ByteArrayOutputStream((int) Math.min(told, CHUNK));
            byte[] chunk = new byte[CHUNK];
            for (int n = read(in, chunk, body); n >= 0; n = read(in, chunk, body)) {
                body.write(chunk, 0, n);
                if (body.size() > limits.maxBodyBytes()) {
                    throw tooLong();
                }
            }
            if (body.size() < told) {
                throw broken("received %d of %d bytes".formatted(body.size(), told));
            }
            return body.toByteArray();
        });
    }

    // a client that has only stopped sending still reads the error; that one has disconnected shows when it is sent
    private int read(InputStream in, byte[] chunk, ByteArrayOutputStream sofar) throws IOException {
        try {
            return in.read(chunk);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw broken("received %d bytes, then: %s".formatted(sofar.size(), e.getMessage()));
        }
    }

    private ApiException broken(String how) {
        broken = true;
        return ApiException.requestError(400, "incomplete_body", "Incomplete request body: %s.", how);
    }

    private ApiException tooLong() {
        return ApiException.requestError(
                413, "request_too_large", "The request body exceeds the limit of %d bytes.", limits.maxBodyBytes());
    }

    private static long length(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Returns the body as an object.
     *
     * @throws ApiException if it is not one, or has more than a million values
     */
    public JsonObject json() throws IOException {
        byte[] body = body();
        try {
            return Json.parseObject(body, "request", MAX_JSON_VALUES);
        } catch (JsonException e) {
            throw ApiException.invalidParameter(
                    "", "We could not parse the JSON body of your request: %s", e.getMessage());
        }
    }

    /** Sets a header of the response. */
    public void setHeader(String name, String value) {
        exchange.getResponseHeaders().set(name, value);
    }

    /** Sends a whole response, or, after {@link #keepAlive}, the rest of it. */
    public void send(int status, String type, byte[] body) throws IOException {
        if (begun.isPresent()) {
            write(body);
            endResponse();
            return;
        }
        setHeader("Content-Type", type);
        boolean head = method().equals("HEAD");
        // ending the response waits for the rest of the request body, which may never arrive
        int millis = broken ? Math.min(1000, limits.writeTimeoutMillis()) : limits.writeTimeoutMillis();
        deadlines.within(millis, () -> {
            exchange.sendResponseHeaders(status, body.length == 0 || head ? -1 : body.length);
            if (body.length > 0 && !head) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
            return 0;
        });
    }

    /** Sends an object. */
    public void send(int status, JsonObject json) throws IOException {
        send(status, "application/json", bytes(Json.compact(json)));
    }

    /** Starts a stream of server-sent events. */
    public void startEventStream() throws IOException {
        events = true;
        setHeader("Cache-Control", "no-cache");
        setHeader("X-Accel-Buffering", "no");
        begin("text/event-stream; charset=utf-8");
    }

    private void begin(String type) throws IOException {
        setHeader("Content-Type", type);
        begun = Optional.of(deadlines.within(limits.writeTimeoutMillis(), () -> {
            exchange.sendResponseHeaders(200, 0);
            return exchange.getResponseBody();
        }));
    }

    /** Sends an event. */
    public void sendEvent(String data) throws IOException {
        write(bytes("data: " + data + "\n\n"));
    }

    /**
     * Sends a keep-alive if nothing was sent for so long, which also detects a client that has disconnected: a comment of the
     * event stream, or white space before a JSON object.
     */
    public void keepAlive(long millis) throws IOException {
        if (System.nanoTime() - lastWriteNanos >= millis * 1_000_000) {
            ping();
        }
    }

    private void ping() throws IOException {
        if (begun.isEmpty()) {
            begin("application/json");
        }
        write(events ? bytes(": keep-alive\n\n") : SPACE);
    }

    /** Ends a response that was started. */
    public void endResponse() throws IOException {
        if (begun.isPresent()) {
            deadlines.within(limits.writeTimeoutMillis(), () -> {
                begun.get().close();
                return 0;
            });
        }
    }

    private void write(byte[] bytes) throws IOException {
        OutputStream out = begun.orElseThrow();
        deadlines.within(limits.writeTimeoutMillis(), () -> {
            out.write(bytes);
            out.flush();
            return 0;
        });
        lastWriteNanos = System.nanoTime();
    }

    /**
     * Sends an error: as the response, or as the last event of a stream that was started. Where the status 200 of another response
     * has been sent already, the connection is cut, so that no client takes the error for an answer.
     */
    public void sendError(ApiException e) throws IOException {
        if (events && begun.isPresent()) {
            sendEvent(Json.compact(e.json()));
            endResponse();
            return;
        }
        if (begun.isPresent()) {
            cut();
            return;
        }
        if (e.status() == 429 || e.status() == 503) {
            setHeader("Retry-After", "1");
        }
        if (e.status() == 401) {
            setHeader("WWW-Authenticate", "Bearer");
        }
        if (e.status() == 413 || broken) {
            setHeader("Connection", "close");
        }
        send(e.status(), e.json());
        if (e.status() == 413) {
            linger();
        }
    }

    // ending the response would send the chunk that says it is complete; a write of an interrupted thread closes the
    // channel
    private void cut() throws IOException {
        Thread.currentThread().interrupt();
        try {
            write(SPACE);
        } catch (ClosedByInterruptException e) {
            // closed, as it should be
        } finally {
            Thread.interrupted();
        }
    }

    // a client that is still sending does not read the response if the connection is closed at once
    private void linger() throws IOException {
        deadlines.within(Math.min(1000, limits.readTimeoutMillis()), () -> {
            InputStream in = exchange.getRequestBody();
            byte[] chunk = new byte[CHUNK];
            long left = LINGER;
            for (int n = in.read(chunk); n >= 0 && left > 0; n = in.read(chunk)) {
                left -= n;
            }
            return 0;
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
