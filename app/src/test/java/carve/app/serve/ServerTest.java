package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.serve.openai.SavedStateStore;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ServerTest {
    private static final String QUESTION =
            "\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"what is it\"}], \"max_tokens\": 12";

    @TempDir
    private Path work;

    private TestServer testServer;

    @BeforeEach
    void start() throws IOException {
        testServer = new TestServer(work, Set.of());
    }

    @AfterEach
    void stop() {
        testServer.close();
    }

    private static JsonObject choice(JsonObject reply) {
        return (JsonObject) reply.array("choices").items().getFirst();
    }

    private static List<JsonObject> events(String body) {
        List<JsonObject> events = new ArrayList<>();
        for (String line : body.split("\n\n")) {
            if (line.startsWith("data: ") && !line.equals("data: [DONE]")) {
                events.add(Json.parseObject(line.substring(6), "event"));
            }
        }
        return events;
    }

    @Test
    void eventsTellWhatTheWholeReplyTells() throws IOException, InterruptedException {
        JsonObject whole = testServer.ask("/v1/chat/completions", "{" + QUESTION + "}");
        JsonObject message = choice(whole).object("message");
        assertEquals(List.of("chat.completion", "small"), List.of(whole.string("object"), whole.string("model")));
        assertEquals("assistant", message.string("role"));
        assertFalse(message.string("content").isEmpty());
        HttpResponse<String> streamed = testServer.post(
                "/v1/chat/completions",
                "{" + QUESTION + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        assertEquals(
                "text/event-stream; charset=utf-8",
                streamed.headers().firstValue("Content-Type").orElse(""));
        assertTrue(streamed.body().endsWith("data: [DONE]\n\n"));
        List<JsonObject> events = events(streamed.body());
        StringBuilder text = new StringBuilder();
        for (JsonObject event : events.subList(0, events.size() - 1)) {
            text.append(choice(event).object("delta").optionalString("content").orElse(""));
        }
        assertEquals(message.string("content"), text.toString());
        assertEquals(
                choice(whole).string("finish_reason"),
                choice(events.get(events.size() - 2)).string("finish_reason"));
        assertEquals(
                whole.object("usage").integer("completion_tokens"),
                events.getLast().object("usage").integer("completion_tokens"));
        assertTrue(whole.object("carve").longInteger("state_bytes") > 0);
        assertTrue(whole.object("carve").longInteger("teacher_cache_bytes") > 0);
    }

    @Test
    void stopTextEndsTheAnswerAndIsLeftOut() throws IOException, InterruptedException {
        String ask = "{\"model\": \"endless\", \"prompt\": \"abc\", \"max_tokens\": 40%s}";
        String all =
                choice(testServer.ask("/v1/completions", ask.formatted(""))).string("text");
        assertEquals(40, all.length());
        String stop = all.substring(17, 20);
        JsonObject cut = choice(testServer.ask("/v1/completions", ask.formatted(", \"stop\": \"%s\"".formatted(stop))));
        assertEquals(all.substring(0, all.indexOf(stop)), cut.string("text"));
        assertEquals("stop", cut.string("finish_reason"));
        testServer.assertIdle();
    }

    @Test
    void logprobsCoverTheTokensThatAreSentAlone() throws IOException, InterruptedException {
        String ask = "{\"model\": \"endless\", \"prompt\": \"abc\", \"max_tokens\": 40, \"logprobs\": 1%s}";
        String all =
                choice(testServer.ask("/v1/completions", ask.formatted(""))).string("text");
        for (int at : new int[] {0, 5, 17}) {
            String stop = ", \"stop\": \"%s\"".formatted(all.substring(at, at + 3));
            JsonObject cut = choice(testServer.ask("/v1/completions", ask.formatted(stop)));
            assertEquals(
                    cut.string("text"), String.join("", cut.object("logprobs").strings("tokens")));
            StringBuilder streamed = new StringBuilder();
            for (JsonObject event : events(testServer
                    .post("/v1/completions", ask.formatted(stop + ", \"stream\": true"))
                    .body())) {
                choice(event).object("logprobs").strings("tokens").forEach(streamed::append);
            }
            assertEquals(cut.string("text"), streamed.toString());
        }
        JsonObject chat = choice(testServer.ask(
                "/v1/chat/completions",
                "{\"model\": \"endless\", \"messages\": [{\"role\": \"user\", \"content\": \"abc\"}], \"max_tokens\": 40,"
                        + " \"logprobs\": true, \"stop\": \"%s\"}".formatted(all.substring(17, 20))));
        assertEquals(
                chat.object("message").string("content").length(),
                chat.object("logprobs").array("content").items().size());
    }

    @Test
    void streamedLogprobsAreThoseOfTheWholeReply() throws IOException, InterruptedException {
        for (String model : List.of("small", "endless")) {
            String ask =
                    "{\"model\": \"%s\", \"prompt\": \"abc\", \"max_tokens\": 12, \"logprobs\": 2, \"echo\": true, \"stream\": %s}";
            JsonObject whole = choice(testServer.ask("/v1/completions", ask.formatted(model, false)))
                    .object("logprobs");
            List<JsonObject> events = events(testServer
                    .post("/v1/completions", ask.formatted(model, true))
                    .body());
            assertTrue(events.size() > 1);
            for (String field : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
                List<JsonValue> streamed = events.stream()
                        .flatMap(event -> choice(event).object("logprobs").array(field).items().stream())
                        .toList();
                assertEquals(whole.array(field).items(), streamed, field);
            }
        }
    }

    @Test
    void seedsChooseTheSameAndOthersDoNot() throws IOException, InterruptedException {
        List<String> texts = new ArrayList<>();
        for (int seed : new int[] {1, 1, 2}) {
            texts.add(choice(testServer.ask(
                            "/v1/completions",
                            "{\"model\": \"endless\", \"prompt\": \"abc\", \"max_tokens\": 40, \"temperature\": 1.5, \"seed\": %d}"
                                    .formatted(seed)))
                    .string("text"));
        }
        assertEquals(texts.get(0), texts.get(1));
        assertFalse(texts.get(0).equals(texts.get(2)));
    }

    @Test
    void chatTellsHowProbableTokensWere() throws IOException, InterruptedException {
        JsonObject reply =
                testServer.ask("/v1/chat/completions", "{" + QUESTION + ", \"logprobs\": true, \"top_logprobs\": 3}");
        List<JsonValue> content =
                choice(reply).object("logprobs").array("content").items();
        int tokens = reply.object("usage").integer("completion_tokens");
        boolean stopped = choice(reply).string("finish_reason").equals("stop");
        assertEquals(stopped ? tokens - 1 : tokens, content.size());
        for (JsonValue value : content) {
            JsonObject token = (JsonObject) value;
            JsonObject best = (JsonObject) token.array("top_logprobs").items().getFirst();
            assertEquals(3, token.array("top_logprobs").items().size());
            // greedy
            assertEquals(best.real("logprob"), token.real("logprob"));
        }
    }

    @Test
    void severalPromptsAreAnsweredInTheirOrder() throws IOException, InterruptedException {
        String each = "{\"model\": \"small\", \"prompt\": %s, \"max_tokens\": 5}";
        List<String> alone = new ArrayList<>();
        for (String prompt : List.of("\"a\"", "\"bb\"", "\"ccc\"", "\"dd\"", "\"e\"", "\"fgh\"")) {
            alone.add(choice(testServer.ask("/v1/completions", each.formatted(prompt)))
                    .string("text"));
        }
        JsonObject together =
                testServer.ask("/v1/completions", each.formatted("[\"a\", \"bb\", \"ccc\", \"dd\", \"e\", \"fgh\"]"));
        List<String> texts = together.array("choices").items().stream()
                .map(choice -> ((JsonObject) choice).string("text"))
                .toList();
        assertEquals(alone, texts);
    }

    @Test
    void secondTurnSaysHowMuchOfItWasCached() throws IOException, InterruptedException {
        String said = "tell me a long story about a small model and its state";
        String ask = "{\"model\": \"small\", \"prompt\": \"%s\", \"max_tokens\": 2}";
        assertEquals(0, cached(testServer.ask("/v1/completions", ask.formatted(said))));
        assertEquals(48, cached(testServer.ask("/v1/completions", ask.formatted(said + " and more"))));
        assertTrue(testServer.get("/metrics").body().contains("carve_cache_hits_total{model=\"small\"} 1\n"));
    }

    private static int cached(JsonObject reply) {
        return reply.object("usage").object("prompt_tokens_details").integer("cached_tokens");
    }

    @Test
    void statesAreSavedForkedRestoredAndDeleted() throws IOException, InterruptedException {
        String long1 = "once upon a time there was a recurrent model";
        JsonObject saved = testServer.ask(
                "/v1/states",
                "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}".formatted(long1));
        String id = saved.string("id");
        assertTrue(SavedStateStore.isId(id));
        String fork =
                testServer.ask("/v1/states", "{\"from\": \"%s\"}".formatted(id)).string("id");
        String more =
                "{\"messages\": [{\"role\": \"user\", \"content\": \" go on\"}], \"max_tokens\": 8, \"carve\": {\"state\": \"%s\"}}";
        JsonObject restored = testServer.ask("/v1/chat/completions", more.formatted(fork));
        JsonObject whole = testServer.ask(
                "/v1/chat/completions",
                "{\"model\": \"small\", \"max_tokens\": 8, \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}, {\"role\": \"user\", \"content\": \" go on\"}]}"
                        .formatted(long1));
        assertEquals(choice(whole).object("message"), choice(restored).object("message"));
        assertEquals(40, cached(restored));
        JsonObject kept = testServer.ask(
                "/v1/chat/completions", more.formatted(fork).replace("\"state\"", "\"save\": true, \"state\""));
        JsonObject third = Json.parseObject(
                testServer
                        .get("/v1/states/" + kept.object("carve").string("state"))
                        .body(),
                "state");
        assertEquals(fork, third.string("parent"));
        assertEquals(3, third.array("messages").items().size());
        assertEquals(
                3,
                Json.parseObject(testServer.get("/v1/states").body(), "states")
                        .array("data")
                        .items()
                        .size());
        assertEquals(
                200,
                testServer.send(testServer.request("/v1/states/" + id).DELETE()).statusCode());
        TestServer.error(testServer.get("/v1/states/" + id), 404);
        // the fork has what the deleted one had
        assertTrue(cached(testServer.ask("/v1/chat/completions", more.formatted(fork))) >= 40);
        // and so it has in the next process
        testServer.close();
        testServer = new TestServer(work, Set.of());
        JsonObject later = testServer.ask("/v1/chat/completions", more.formatted(fork));
        assertEquals(choice(whole).object("message"), choice(later).object("message"));
        assertTrue(cached(later) >= 40);
    }

    @Test
    void tokensGoThereAndBack() throws IOException, InterruptedException {
        JsonObject tokens = testServer.ask("/tokenize", "{\"model\": \"small\", \"prompt\": \"abc z\"}");
        assertEquals("[1,2,3,27,26]", Json.compact(tokens.array("tokens")));
        assertEquals(5, tokens.integer("count"));
        JsonObject text = testServer.ask("/detokenize", "{\"model\": \"small\", \"tokens\": [1, 2, 3, 27, 26]}");
        assertEquals("abc z", text.string("prompt"));
    }

    @Test
    void modelsAreListedWithWhatTheyTake() throws IOException, InterruptedException {
        JsonArray data =
                Json.parseObject(testServer.get("/v1/models").body(), "models").array("data");
        assertEquals(
                List.of("small", "endless"),
                data.items().stream()
                        .map(model -> ((JsonObject) model).string("id"))
                        .toList());
        JsonObject small = Json.parseObject(testServer.get("/v1/models/small").body(), "model")
                .object("carve");
        assertTrue(small.flag("constant_state"));
        assertEquals(0, small.integer("cache_bytes_per_token"));
        assertEquals(2 * 2 * 4 * 2 * 6, small.integer("teacher_cache_bytes_per_token"));
        assertEquals(
                List.of(new JsonString("retention"), new JsonString("retention")),
                small.array("layers").items());
    }

    @Test
    void wrongRequestsAreToldWhatIsWrong() throws IOException, InterruptedException {
        List<List<String>> wrong = List.of(
                List.of("{", "", "JSON body"),
                List.of("[]", "", "JSON body"),
                List.of(
                        "{\"model\": \"small\", \"messages\": [], \"colour\": 1}",
                        "colour",
                        "Unrecognized request argument supplied: colour"),
                List.of("{" + QUESTION + ", \"temperature\": 3}", "temperature", "expected a value from 0.0 to 2.0"),
                List.of("{" + QUESTION + ", \"temperature\": \"hot\"}", "temperature", "expected a number"),
                List.of("{" + QUESTION + ", \"n\": 2}", "n", "not supported here, found 2."),
                List.of(
                        "{" + QUESTION.replace("12", "-1") + "}",
                        "max_tokens",
                        "expected a value from 1 to 2147483647, found -1."),
                List.of("{" + QUESTION + ", \"tools\": [{}]}", "tools", "Unsupported value"),
                List.of("{\"model\": \"small\"}", "messages", "Missing required parameter"),
                List.of(
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}",
                        "model",
                        "you must provide a model".replace("you", "You")),
                List.of(
                        "{\"model\": \"small\", \"messages\": [{\"role\": \"judge\", \"content\": \"a\"}]}",
                        "messages[0].role",
                        "Invalid value: 'judge'"),
                List.of("{\"model\": \"small\", \"messages\": [7]}", "messages[0]", "expected an object"),
                List.of("{" + QUESTION.replace("12", "100000") + "}", "messages", "maximum context length"));
        for (List<String> one : wrong) {
            JsonObject error = TestServer.error(testServer.post("/v1/chat/completions", one.get(0)), 400);
            assertEquals(one.get(1), error.optionalString("param").orElse(""), one::toString);
            assertTrue(error.string("message").contains(one.get(2)), error::toString);
            assertEquals("invalid_request_error", error.string("type"));
        }
        String endless = "a".repeat((64 << 14) + 1);
        JsonObject tooLong = TestServer.error(
                testServer.post("/v1/completions", "{\"model\": \"small\", \"prompt\": \"%s\"}".formatted(endless)),
                400);
        assertEquals("context_length_exceeded", tooLong.string("code"));
        assertEquals(
                "This model's maximum context length is 16384 tokens. However, 'prompt' has 1048577 bytes of text, more than 64"
                        + " for each token.",
                tooLong.string("message"));
        JsonObject unknown = TestServer.error(
                testServer.post("/v1/chat/completions", "{" + QUESTION.replace("small", "large") + "}"), 404);
        assertEquals("model_not_found", unknown.string("code"));
        HttpResponse<String> other = testServer.get("/v1/chat/completions");
        assertEquals(
                "/v1/chat/completions supports POST, not GET.",
                TestServer.error(other, 405).string("message"));
        assertEquals("OPTIONS, POST", other.headers().firstValue("Allow").orElse(""));
        TestServer.error(testServer.get("/v2/everything"), 404);
        testServer.assertIdle();
    }

    @Test
    void nullIsAsGoodAsNothingAndKnownDefaultsAreFine() throws IOException, InterruptedException {
        testServer.ask(
                "/v1/chat/completions",
                "{" + QUESTION
                        + ", \"top_p\": null, \"n\": 1, \"stop\": null, \"presence_penalty\": 0, \"tools\": [], \"user\": \"me\", "
                        + "\"logit_bias\": {}, \"response_format\": {\"type\": \"text\"}, \"stream\": false, \"seed\": null}");
    }

    @Test
    void pagesOfOtherSitesMayNotAsk() throws IOException, InterruptedException {
        HttpRequest.Builder foreign = testServer.request("/v1/models").header("Origin", "https://example.com");
        assertEquals(
                "forbidden_origin",
                TestServer.error(testServer.send(foreign), 403).string("code"));
        String own = "http://127.0.0.1:" + testServer.port();
        assertEquals(
                200,
                testServer
                        .send(testServer.request("/v1/models").header("Origin", own))
                        .statusCode());
    }
}
