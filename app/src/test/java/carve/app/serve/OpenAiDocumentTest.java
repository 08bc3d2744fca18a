package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server keeps to OpenAI's own document, for thousands of bodies made from its schemas: replies, chunks and errors are valid;
 * valid bodies are answered, or refused with an error that names the field; invalid ones are refused.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OpenAiDocumentTest {
    private static final int REQUESTS = Integer.getInteger("carve.openai.requests", 2000);
    private static final long SEED = Long.getLong("carve.fuzz.seed", 16);
    private static final Set<Integer> STATUSES = Set.of(200, 400, 404, 413, 429);

    /** An endpoint, and the names of its schemas. */
    private record Endpoint(String path, String limit, String request, String reply, String chunk) {
        /** Returns a request with its required fields alone. */
        JsonObject least() {
            JsonValue message = JsonObject.empty().with("role", "user").with("content", "a");
            JsonObject model = JsonObject.empty().with("model", "small");
            return this == CHAT ? model.with("messages", JsonArray.of(message)) : model.with("prompt", "a");
        }
    }

    private static final Endpoint CHAT = new Endpoint(
            "/v1/chat/completions",
            "max_completion_tokens",
            "CreateChatCompletionRequest",
            "CreateChatCompletionResponse",
            "CreateChatCompletionStreamResponse");
    private static final Endpoint COMPLETIONS = new Endpoint(
            "/v1/completions",
            "max_tokens",
            "CreateCompletionRequest",
            "CreateCompletionResponse",
            "CreateCompletionStreamResponse");

    private OpenApiDocument document;
    private TestServer server;

    @BeforeAll
    void start(@TempDir Path work) throws IOException {
        document = OpenApiDocument.read();
        server = new TestServer(work, Set.of());
    }

    @AfterAll
    void stop() throws IOException, InterruptedException {
        server.assertIdle();
        server.close();
    }

    @Test
    void modelsAreAsDocumented() throws IOException, InterruptedException {
        HttpResponse<String> list = server.get("/v1/models");
        assertEquals(200, list.statusCode());
        assertEquals(List.of(), document.violations("ListModelsResponse", list.body()));
        HttpResponse<String> model = server.get("/v1/models/small");
        assertEquals(200, model.statusCode());
        assertEquals(List.of(), document.violations("Model", model.body()));
        HttpResponse<String> none = server.get("/v1/models/none");
        assertEquals(404, none.statusCode());
        assertEquals(List.of(), document.violations("ErrorResponse", none.body()));
    }

    @Test
    void chatCompletionsAreAsDocumented() throws IOException, InterruptedException {
        run(CHAT);
    }

    @Test
    void completionsAreAsDocumented() throws IOException, InterruptedException {
        run(COMPLETIONS);
    }

    /** Each field of either endpoint, with values of all kinds, in both. */
    @Test
    void everyFieldIsReadOrPassedOverOrRefused() throws IOException, InterruptedException {
        Set<String> names = new TreeSet<>();
        for (Endpoint endpoint : List.of(CHAT, COMPLETIONS)) {
            names.addAll(document.properties(endpoint.request()).keySet());
        }
        List<String> failures = new ArrayList<>();
        for (Endpoint endpoint : List.of(CHAT, COMPLETIONS)) {
            for (String name : names) {
                for (JsonValue value : SchemaBodies.VALUES) {
                    JsonObject body = bounded(endpoint.least().with(name, value), endpoint);
                    HttpResponse<String> response = server.post(endpoint.path(), Json.compact(body));
                    boolean valid = document.isValid(endpoint.request(), body);
                    List<String> problems = new ArrayList<>(problems(endpoint, body, valid, response));
                    if (response.statusCode() == 400 && !field(response.body()).equals(name)) {
                        problems.add("another field is named");
                    }
                    boolean required = endpoint.least().has(name);
                    if (value instanceof JsonNull && !required && response.statusCode() != 200) {
                        problems.add("null is refused");
                    }
                    problems.forEach(problem -> failures.add(problem + " " + Json.compact(body) + response.body()));
                }
            }
        }
        assertEquals(List.of(), failures.stream().limit(10).toList(), () -> failures.size() + " failures");
    }

    private void run(Endpoint endpoint) throws IOException, InterruptedException {
        SchemaBodies bodies = new SchemaBodies(document, SEED);
        Map<String, Integer> outcomes = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            JsonObject body = bodies.body(endpoint.request(), Map.of("model", new JsonString("small")));
            for (int changes = bodies.below(3); changes > 0; changes--) {
                body = bodies.changed(body, Set.of("model"));
            }
            body = bounded(body, endpoint);
            HttpResponse<String> response = server.post(endpoint.path(), Json.compact(body));
            boolean valid = document.isValid(endpoint.request(), body);
            outcomes.merge((valid ? "valid " : "invalid ") + response.statusCode(), 1, Integer::sum);
            for (String problem : problems(endpoint, body, valid, response)) {
                failures.add(problem + "\n  " + Json.compact(body) + "\n  " + response.body());
            }
        }
        assertEquals(List.of(), failures.stream().limit(10).toList(), () -> failures.size() + " failures; " + outcomes);
        for (String outcome : List.of("valid 200", "valid 400", "invalid 400")) {
            assertTrue(outcomes.getOrDefault(outcome, 0) > REQUESTS / 20, outcomes::toString);
        }
    }

    // answers of thousands of tokens would say no more
    private static JsonObject bounded(JsonObject body, Endpoint endpoint) {
        return body.has(endpoint.limit()) || body.has("max_tokens")
                ? body
                : body.with(endpoint.limit(), JsonNumber.of(3));
    }

    private List<String> problems(Endpoint endpoint, JsonObject body, boolean valid, HttpResponse<String> response) {
        List<String> problems = new ArrayList<>();
        if (!STATUSES.contains(response.statusCode())) {
            problems.add("status " + response.statusCode());
        }
        if (response.statusCode() != 200) {
            document.violations("ErrorResponse", response.body()).forEach(v -> problems.add("error " + v));
            if (response.statusCode() == 400 && !namesField(body, response.body())) {
                problems.add("the error names no field");
            }
            return problems;
        }
        if (!valid && !isLenient(body, endpoint)) {
            problems.add(
                    "an invalid body was accepted: " + document.violations(endpoint.request(), Json.compact(body)));
        }
        if (response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream")) {
            problems.addAll(streamProblems(endpoint, response.body()));
        } else {
            document.violations(endpoint.reply(), response.body()).forEach(v -> problems.add("reply " + v));
            JsonObject reply = Json.parseObject(response.body(), "reply");
            reply.optionalObject("carve")
                    .filter(figures -> figures.real("time_to_first_token_seconds") < 0)
                    .ifPresent(figures -> problems.add("the first token came before the request"));
        }
        return problems;
    }

    private List<String> streamProblems(Endpoint endpoint, String events) {
        List<String> data = events.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring(6))
                .toList();
        List<String> problems = new ArrayList<>();
        if (data.isEmpty() || !data.getLast().equals("[DONE]")) {
            problems.add("the stream does not end with [DONE]");
        }
        data.stream()
                .filter(chunk -> !chunk.equals("[DONE]"))
                .flatMap(chunk -> document.violations(endpoint.chunk(), chunk).stream())
                .forEach(v -> problems.add("chunk " + v));
        return problems;
    }

    /** Returns whether the error names a field of the body, or one that must be there. */
    private static boolean namesField(JsonObject body, String error) {
        return body.has(field(error)) || Set.of("messages", "prompt").contains(field(error));
    }

    /** Returns the field of the request that an error names, without what is inside it. */
    private static String field(String error) {
        JsonObject json = Json.parseObject(error, "error").object("error");
        return json.optionalString("param").orElse("").split("[.\\[]", 2)[0];
    }

    /** Returns whether a body is valid but for what Carve accepts beyond the document. */
    private boolean isLenient(JsonObject body, Endpoint endpoint) {
        JsonObject strict = body;
        for (String name : List.of("stop", "functions", "tools")) {
            // an empty list asks for nothing
            strict = strict.value(name)
                            .filter(value -> value.equals(JsonArray.of()))
                            .isPresent()
                    ? strict.without(name)
                    : strict;
        }
        // the neutral value of chat completions
        if (endpoint == COMPLETIONS
                && strict.value("logprobs")
                        .filter(new JsonBoolean(false)::equals)
                        .isPresent()) {
            strict = strict.without("logprobs");
        }
        return document.isValid(endpoint.request(), withoutNulls(strict, Set.of("prompt")));
    }

    // null is no value, in any field
    private static JsonObject withoutNulls(JsonObject object, Set<String> kept) {
        JsonObject result = object;
        for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
            String name = member.getKey();
            result = member.getValue() instanceof JsonNull && !kept.contains(name)
                    ? result.without(name)
                    : result.with(name, withoutNulls(member.getValue()));
        }
        return result;
    }

    private static JsonValue withoutNulls(JsonValue value) {
        return switch (value) {
            case JsonObject object -> withoutNulls(object, Set.of());
            case JsonArray array ->
                new JsonArray(array.items().stream()
                        .map(OpenAiDocumentTest::withoutNulls)
                        .toList());
            default -> value;
        };
    }
}
