package carve.testkit.fuzz.http;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Well-behaved clients: they ask questions whose answers are known, one after another, wait and ask again where they are told to
 * (status 429 or 503 with {@code Retry-After}), and note every answer that is missing or another one. Safe for several threads.
 */
public final class SteadyClient {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int BUSY = 429;
    private static final int UNAVAILABLE = 503;
    private static final int MAX_RETRIES = 100;
    private static final int MAX_NOTED = 20;

    /** A question and its answer. */
    private record Question(byte[] request, String answer) {}

    private final HttpClientConnection connection;
    private final List<Question> questions;
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong retried = new AtomicLong();
    private final List<String> losses = new ArrayList<>();

    private SteadyClient(HttpClientConnection connection, List<Question> questions) {
        this.connection = connection;
        this.questions = questions;
    }

    /**
     * Asks each question alone and returns the clients that ask them from then on.
     *
     * @throws IOException if one of them is not answered
     */
    public static SteadyClient prepare(InetSocketAddress server, String model, boolean pictures) throws IOException {
        HttpClientConnection connection = new HttpClientConnection(server, PATIENCE, PATIENCE);
        List<Question> questions = new ArrayList<>();
        for (String body : bodies(model, pictures)) {
            boolean chat = body.contains("\"messages\"");
            byte[] request = HttpRequestBytes.post(
                    chat ? "/v1/chat/completions" : "/v1/completions", body.getBytes(StandardCharsets.UTF_8));
            HttpReply reply = connection.send(HttpRequestBytes.framed("steady", request)).replies().stream()
                    .findFirst()
                    .orElseThrow(() -> new IOException("no reply to " + body));
            if (!ReplyRules.isAnswer(reply)) {
                throw new IOException("%d to %s: %s".formatted(reply.status(), body, reply.text()));
            }
            questions.add(new Question(request, content(reply)));
        }
        return new SteadyClient(connection, List.copyOf(questions));
    }

    private static List<String> bodies(String model, boolean pictures) {
        List<String> bodies = new ArrayList<>(List.of(
                "{\"model\": \"%s\", \"prompt\": \"the red circle is\", \"max_tokens\": 8, \"temperature\": 0, \"logprobs\": 1,"
                        + " \"ignore_eos\": true}",
                "{\"model\": \"%s\", \"prompt\": \"a blue square\", \"max_tokens\": 12, \"temperature\": 0.8, \"seed\": 5, \"stream\":"
                        + " true, \"ignore_eos\": true}",
                "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"what shape is left\"}], \"max_tokens\": 8,"
                        + " \"temperature\": 0}"));
        if (pictures) {
            String png = Base64.getEncoder().encodeToString(RequestSeeds.png(48));
            bodies.add(
                    "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\":"
                            + " {\"url\": \"data:image/png;base64," + png
                            + "\"}}, {\"type\": \"text\", \"text\": \"what is this\"}]}], \"max_tokens\": 8, \"temperature\": 0}");
        }
        return bodies.stream().map(body -> body.replace("%s", model)).toList();
    }

    // of a stream, the events' choices; ids and times differ from request to request
    private static String content(HttpReply reply) {
        StringBuilder content = new StringBuilder();
        if (reply.type().equals("application/json")) {
            return Json.compact(Json.parseObject(reply.text(), "reply").array("choices"));
        }
        for (String event : reply.text().split("\n\n")) {
            if (event.startsWith("data: {")) {
                JsonObject parsed = Json.parseObject(event.substring("data: ".length()), "event");
                parsed.value("choices").ifPresent(choices -> content.append(Json.compact(choices)));
                parsed.value("error").ifPresent(error -> content.append(Json.compact(error)));
            }
        }
        return content.toString();
    }

    /**
     * Asks one question after another.
     *
     * @param first the number of the first question
     * @param goOn whether to ask another one
     */
    public void ask(int first, BooleanSupplier goOn) {
        for (int i = first; goOn.getAsBoolean(); i++) {
            askOnce(questions.get(i % questions.size()));
        }
    }

    private void askOnce(Question question) {
        asked.incrementAndGet();
        for (int attempt = 0; attempt < MAX_RETRIES; attempt++) {
            Optional<HttpReply> reply = reply(question);
            if (reply.isEmpty()) {
                return;
            }
            boolean later = reply.get().status() == BUSY || reply.get().status() == UNAVAILABLE;
            if (!later || !reply.get().headers().containsKey("retry-after")) {
                compare(question, reply.get());
                return;
            }
            retried.incrementAndGet();
            pause();
        }
        lost("was told to come back %d times".formatted(MAX_RETRIES));
    }

    private static void pause() {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<HttpReply> reply(Question question) {
        try {
            Optional<HttpReply> reply =
                    connection.send(HttpRequestBytes.framed("steady", question.request())).replies().stream()
                            .findFirst();
            if (reply.isEmpty()) {
                lost("no reply");
            }
            return reply;
        } catch (ProtocolException e) {
            lost("not HTTP: " + e.getMessage());
        } catch (IOException e) {
            lost("no connection: " + e);
        }
        return Optional.empty();
    }

    private void compare(Question question, HttpReply reply) {
        try {
            if (!ReplyRules.isAnswer(reply)) {
                lost("%d, complete=%s: %s".formatted(reply.status(), reply.complete(), reply.text()));
            } else if (!content(reply).equals(question.answer())) {
                lost("answered %s, alone %s".formatted(content(reply), question.answer()));
            }
        } catch (JsonException e) {
            lost("the reply is not JSON: " + e.getMessage());
        }
    }

    private synchronized void lost(String what) {
        losses.add(losses.size() < MAX_NOTED ? what : "");
    }

    /** Returns how many questions were asked. */
    public long asked() {
        return asked.get();
    }

    /** Returns how often a client was told to come back later. */
    public long retried() {
        return retried.get();
    }

    /** Returns an entry for each question that was not answered as it was alone, the first of them described. */
    public synchronized List<String> losses() {
        return List.copyOf(losses);
    }
}
