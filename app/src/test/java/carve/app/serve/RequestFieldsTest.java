package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The fields of both endpoints: neutral values are accepted everywhere, and what would change an answer is refused by name. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RequestFieldsTest {
    private static final Map<String, String> ENDPOINTS = Map.of(
            "/v1/chat/completions", "\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]",
            "/v1/completions", "\"prompt\": \"a\"");
    private static final String CHAT = "/v1/chat/completions";

    private TestServer testServer;

    @BeforeAll
    void start(@TempDir Path work) throws IOException {
        testServer = new TestServer(work, Set.of());
    }

    @AfterAll
    void stop() {
        testServer.close();
    }

    private static String request(String endpoint, String fields) {
        return "{\"model\": \"small\", %s, \"max_tokens\": 2%s}"
                .formatted(ENDPOINTS.get(endpoint), fields.isEmpty() ? "" : ", " + fields);
    }

    @Test
    void neutralValuesAreAcceptedInBothEndpoints() throws IOException, InterruptedException {
        List<String> neutral = List.of(
                "\"repetition_penalty\": 1",
                "\"repetition_penalty\": 1.0",
                "\"logprobs\": false",
                "\"top_logprobs\": 0",
                "\"echo\": false",
                "\"n\": 1.0",
                "\"n\": 1e0",
                "\"best_of\": 1",
                "\"num_beams\": 1",
                "\"frequency_penalty\": -0.0",
                "\"presence_penalty\": 0",
                "\"temperature\": -0.0",
                "\"logit_bias\": {}",
                "\"suffix\": \"\"",
                "\"tools\": []",
                "\"documents\": []",
                "\"chat_template_kwargs\": {}",
                "\"continue_final_message\": false",
                "\"repetition_penalty\": 1.1",
                "\"min_p\": 0.1",
                "\"functions\": []",
                "\"tool_choice\": \"none\"",
                "\"tool_choice\": \"auto\"",
                "\"modalities\": [\"text\"]",
                "\"response_format\": {\"type\": \"text\"}",
                "\"stop\": [\"x\", \"y\", \"z\", \"w\"]",
                "\"user\": \"me\"",
                "\"stream\": false");
        for (String endpoint : ENDPOINTS.keySet()) {
            for (String field : neutral) {
                testServer.ask(endpoint, request(endpoint, field));
            }
            for (String name : List.of(
                    "stream",
                    "stream_options",
                    "temperature",
                    "top_p",
                    "top_k",
                    "seed",
                    "stop",
                    "logprobs",
                    "n",
                    "suffix",
                    "moderation",
                    "web_search_options",
                    "prediction",
                    "audio",
                    "modalities",
                    "user",
                    "metadata",
                    "tools",
                    "echo",
                    endpoint.equals(CHAT) ? "prompt" : "messages")) {
                testServer.ask(endpoint, request(endpoint, "\"%s\": null".formatted(name)));
            }
        }
    }

    @Test
    void whatWouldChangeTheAnswerIsRefusedByName() throws IOException, InterruptedException {
        List<String> refused = List.of(
                "\"repetition_penalty\": 0",
                "\"min_p\": 1.5",
                "\"tools\": [{\"type\": \"function\"}]",
                "\"documents\": [{\"text\": \"a\"}]",
                "\"chat_template_kwargs\": {\"a\": 1}",
                "\"add_generation_prompt\": false",
                "\"continue_final_message\": true",
                "\"chat_template\": \"a\"",
                "\"n\": 2",
                "\"n\": 1.5",
                "\"n\": {}",
                "\"frequency_penalty\": {}",
                "\"presence_penalty\": []",
                "\"top_logprobs\": 2",
                "\"stream_options\": {\"include_usage\": true}",
                "\"stop\": [\"a\", \"b\", \"c\", \"d\", \"e\"]",
                "\"stop\": 7",
                "\"tool_choice\": \"required\"",
                "\"tool_choice\": {\"type\": \"function\"}",
                "\"modalities\": [\"text\", \"audio\"]",
                "\"audio\": {\"voice\": \"alloy\"}",
                "\"web_search_options\": {}",
                "\"prediction\": {\"type\": \"content\", \"content\": \"a\"}",
                "\"moderation\": {}",
                "\"response_format\": {\"type\": \"json_object\"}",
                "\"user\": 7",
                "\"store\": \"yes\"",
                "\"metadata\": []",
                "\"metadata\": {\"a\": 1}",
                "\"service_tier\": \"gold\"",
                "\"verbosity\": \"loud\"",
                "\"prompt_cache_options\": {\"mode\": 1}",
                "\"service_tier\": {}",
                "\"reasoning_effort\": 3",
                "\"seed\": 1.5",
                "\"wings\": 2");
        for (String endpoint : ENDPOINTS.keySet()) {
            for (String field : refused) {
                JsonObject error = TestServer.error(testServer.post(endpoint, request(endpoint, field)), 400);
                assertEquals(field.substring(1, field.indexOf('"', 1)), error.string("param"), error::toString);
            }
        }
    }

    @Test
    void fieldsOfMessagesAreCheckedToo() throws IOException, InterruptedException {
        String picture = "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,aa\"}}";
        Map<String, String> refused = Map.of(
                "{\"role\": \"system\", \"content\": [%s]}".formatted(picture),
                "messages[0].content[0].type",
                "{\"role\": \"assistant\", \"content\": [%s]}".formatted(picture),
                "messages[0].content[0].type",
                "{\"role\": \"user\", \"content\": []}",
                "messages[0].content",
                "{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}",
                "messages[0].content[0].image_url",
                "{\"role\": \"assistant\", \"content\": \"a\", \"audio\": []}",
                "messages[0].audio",
                "{\"role\": \"user\", \"content\": \"a\", \"wings\": 2}",
                "messages[0].wings",
                "{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}",
                "messages[0].content[0].text",
                "{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": 7}]}",
                "messages[0].content[0].text",
                "{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\", \"b\": 1}]}",
                "messages[0].content[0].b",
                "{\"role\": \"assistant\", \"content\": \"a\", \"tool_calls\": [{}]}",
                "messages[0].tool_calls");
        for (Map.Entry<String, String> one : refused.entrySet()) {
            String body = "{\"model\": \"small\", \"messages\": [%s]}".formatted(one.getKey());
            assertEquals(
                    one.getValue(),
                    TestServer.error(testServer.post(CHAT, body), 400).string("param"));
        }
        testServer.ask(
                CHAT,
                "{\"model\": \"small\", \"max_tokens\": 2, \"messages\": [{\"role\": \"user\", \"content\": \"a\", \"name\": \"me\"},"
                        + " {\"role\": \"assistant\", \"content\": \"b\", \"refusal\": null, \"annotations\": [], \"tool_calls\": null},"
                        + " {\"role\": \"user\", \"content\": \"c\"}]}");
    }

    @Test
    void conversationsMayBeginAndEndWithAnyRole() throws IOException, InterruptedException {
        for (String roles : List.of("system", "assistant", "user assistant", "assistant user", "assistant assistant")) {
            StringBuilder messages = new StringBuilder();
            for (String role : roles.split(" ")) {
                messages.append(messages.isEmpty() ? "" : ", ")
                        .append("{\"role\": \"%s\", \"content\": \"a\"}".formatted(role));
            }
            testServer.ask(CHAT, "{\"model\": \"small\", \"max_tokens\": 2, \"messages\": [%s]}".formatted(messages));
        }
        for (String prompt : List.of("\"\"", "null")) {
            JsonObject reply = testServer.ask(
                    "/v1/completions", "{\"model\": \"small\", \"prompt\": %s, \"max_tokens\": 2}".formatted(prompt));
            assertEquals(1, reply.object("usage").integer("prompt_tokens"), reply::toString);
        }
        String mixed = "{\"model\": \"small\", \"prompt\": [[1], \"a\"]}";
        assertEquals(
                "prompt",
                TestServer.error(testServer.post("/v1/completions", mixed), 400).string("param"));
    }
}
