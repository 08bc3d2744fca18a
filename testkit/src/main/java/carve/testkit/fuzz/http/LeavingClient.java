package carve.testkit.fuzz.http;

import carve.api.param.CounterRandom;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Clients that ask for long answers and go away: while they send the request, or while they read the answer. Safe for several threads. */
public final class LeavingClient {
    private static final Duration SILENCE = Duration.ofSeconds(40);
    private static final int LONGEST_MILLIS = 800;

    private final InetSocketAddress server;
    private final byte[] request;
    private final AtomicLong left = new AtomicLong();

    /** Makes the clients of a model. */
    public LeavingClient(InetSocketAddress server, String model) {
        this.server = server;
        String body =
                "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"go on and on\"}], \"max_tokens\": 400,"
                                .formatted(model)
                        + " \"stream\": true, \"ignore_eos\": true}";
        this.request = HttpRequestBytes.post("/v1/chat/completions", body.getBytes(StandardCharsets.UTF_8));
    }

    /** Asks and goes away, again and again. */
    public void leave(long seed, BooleanSupplier goOn) {
        CounterRandom random = new CounterRandom(seed, "leaving");
        for (int i = 0; goOn.getAsBoolean(); i++) {
            HttpRequestBytes whole = HttpRequestBytes.framed("leaving", request);
            Duration patience = Duration.ofMillis(1 + random.below(2 * i, LONGEST_MILLIS));
            boolean early = i % 3 == 0;
            HttpRequestBytes sent = early ? whole.cut(random.below(2 * i + 1, request.length)) : whole;
            try {
                new HttpClientConnection(server, patience, SILENCE).send(sent);
            } catch (IOException e) {
                // the server may be quicker
            }
            left.incrementAndGet();
        }
    }

    /** Returns how many times a client went away. */
    public long left() {
        return left.get();
    }
}
