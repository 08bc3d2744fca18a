package carve.testkit.fuzz.http;

import carve.testkit.fuzz.FuzzResult;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An attack on a server of models by hostile requests, several at a time. Each must end with an answer, a clean error, or, where it
 * is no whole request, the end of the connection; anything else is a failure. A request that failed is saved as it was sent.
 */
public final class HttpAttack {
    private static final Duration SILENCE = Duration.ofSeconds(40);
    private static final int MAX_FAILURES = 50;

    private final HttpClientConnection connection;
    private final RequestMutator requests;
    private final Path failed;
    private final int clients;
    private final Map<String, RequestOutcomes> outcomes = new ConcurrentSkipListMap<>();
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();

    /**
     * Makes an attack.
     *
     * @param server the address
     * @param model the name of a model that it serves
     * @param seed of the random numbers
     * @param largePercent how many of a hundred requests have bodies of megabytes
     * @param clients how many requests are sent at a time
     * @param patience how long a client reads an answer before it goes away
     * @param failed a folder for requests that failed
     */
    public HttpAttack(
            InetSocketAddress server,
            String model,
            long seed,
            int largePercent,
            int clients,
            Duration patience,
            Path failed) {
        this.connection = new HttpClientConnection(server, patience, SILENCE);
        this.requests = new RequestMutator(model, seed, largePercent);
        this.clients = clients;
        this.failed = failed;
    }

    /**
     * Sends further requests and returns the outcomes of all so far by kind.
     *
     * @param count how many requests in all
     * @param time after which no further request is sent
     */
    public List<FuzzResult> run(long count, Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            threads.add(Thread.ofVirtual().start(() -> client(count, end)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        List<FuzzResult> results = new ArrayList<>();
        outcomes.forEach((kind, all) -> results.add(all.result(kind)));
        return results;
    }

    /** Returns how many requests were sent. */
    public long sent() {
        return next.get();
    }

    /**
     * Sends a request that was saved and returns what came back.
     *
     * @throws IOException if it cannot be read or sent
     */
    public static String repeat(InetSocketAddress server, Path saved) throws IOException {
        HttpRequestBytes request = HttpRequestBytes.raw("saved", Files.readAllBytes(saved));
        StringBuilder text = new StringBuilder();
        for (HttpReply reply :
                new HttpClientConnection(server, SILENCE, SILENCE).send(request).replies()) {
            text.append(reply.status())
                    .append(' ')
                    .append(reply.headers())
                    .append('\n')
                    .append(reply.text())
                    .append('\n');
        }
        return text.toString();
    }

    private void client(long count, long end) {
        for (long number = next.getAndIncrement();
                number < count && System.nanoTime() < end && failures.get() < MAX_FAILURES;
                number = next.getAndIncrement()) {
            HttpRequestBytes request = requests.request(number);
            long begin = System.nanoTime();
            String outcome = outcome(request);
            long nanos = System.nanoTime() - begin;
            RequestOutcomes kind = outcomes.computeIfAbsent(request.kind(), _ -> new RequestOutcomes());
            switch (outcome) {
                case "answer" -> kind.answer(nanos);
                case "error" -> kind.refusal(nanos);
                default -> kind.failure(nanos, save(request, number, outcome));
            }
        }
        next.decrementAndGet();
    }

    private String save(HttpRequestBytes request, long number, String outcome) {
        failures.incrementAndGet();
        Path file = failed.resolve("http-" + request.kind().replaceAll("[^a-z0-9]+", "-") + "@" + number);
        try {
            Files.createDirectories(failed);
            Files.write(file, request.bytes());
        } catch (IOException e) {
            return "request %d: %s; it cannot be saved: %s".formatted(number, outcome, e);
        }
        return "request %d, saved as %s: %s".formatted(number, file, outcome);
    }

    private String outcome(HttpRequestBytes request) {
        try {
            HttpClientConnection.Exchange exchange = connection.send(request);
            if (exchange.silent()) {
                return "nothing was sent for " + SILENCE.toSeconds() + " s";
            }
            if (exchange.replies().isEmpty()) {
                return request.framed() ? "the connection was closed without an answer" : "error";
            }
            for (HttpReply reply : exchange.replies()) {
                var problem = ReplyRules.problem(reply, request.bodiless());
                if (problem.isPresent()) {
                    return problem.get();
                }
            }
            return ReplyRules.isAnswer(exchange.replies().getFirst()) || exchange.left() ? "answer" : "error";
        } catch (ProtocolException e) {
            return "not HTTP: " + e.getMessage();
        } catch (IOException e) {
            return "no connection: " + e;
        }
    }
}
