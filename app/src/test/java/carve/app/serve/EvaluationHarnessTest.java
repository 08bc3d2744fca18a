package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
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

/**
 * The requests of public harnesses, byte for byte as they were on the wire but for names and texts, and what the harnesses make
 * of the replies: lm-evaluation-harness at 4e7e0d47 ({@code local-completions} and {@code local-chat-completions}, one at a time
 * by requests and several by aiohttp), lmms-eval at 75571cfe ({@code openai}, by OpenAI's client 2.54.0) and VLMEvalKit at
 * e8e78f05 ({@code GPT4V}).
 */
@Timeout(120)
final class EvaluationHarnessTest {
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

    private JsonObject ask(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = testServer.send(testServer
                .request(path)
                .header("User-Agent", "python-requests/2.28.1")
                .header("Accept-Encoding", "gzip, deflate, br")
                .header("Accept", "*/*")
                .header("Authorization", "Bearer ")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
        assertEquals(200, response.statusCode(), response::body);
        return Json.parseObject(response.body(), "reply");
    }

    private static JsonObject choice(JsonObject reply, int index) {
        JsonObject choice = (JsonObject) reply.array("choices").items().get(index);
        assertEquals(index, choice.integer("index"));
        return choice;
    }

    /** The result of {@code parse_logprobs} for a choice. */
    private record Likelihood(double sum, boolean greedy) {
        static Likelihood of(JsonObject choice, int context) {
            List<JsonValue> tokens =
                    choice.object("logprobs").array("token_logprobs").items();
            List<JsonValue> best =
                    choice.object("logprobs").array("top_logprobs").items();
            double sum = 0;
            boolean greedy = true;
            for (int i = context; i < tokens.size() - 1; i++) {
                double value = ((JsonNumber) tokens.get(i)).real();
                sum += value;
                double most = ((JsonObject) best.get(i))
                        .members().values().stream()
                                .mapToDouble(one -> ((JsonNumber) one).real())
                                .max()
                                .orElseThrow();
                greedy &= value == most;
            }
            return new Likelihood(sum, greedy);
        }
    }

    // by the model itself, all positions at once
    private static double expected(int[] tokens, int context) {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            float[] logits = model.model()
                    .forward(model.params(), ModelInputs.text(tokens), ActivationRecorder.NONE)
                    .floats();
            double sum = 0;
            for (int t = context; t < tokens.length; t++) {
                int row = (t - 1) * SmallFamily.VOCABULARY;
                double total = 0;
                for (int v = 0; v < SmallFamily.VOCABULARY; v++) {
                    total += Math.exp(logits[row + v]);
                }
                sum += logits[row + tokens[t]] - Math.log(total);
            }
            return sum;
        }
    }

    @Test
    void noTokenizerIsNeededBesideTheServer(@TempDir Path folder) throws IOException, InterruptedException {
        try (TestServer alone = TestServer.alone(folder)) {
            HttpResponse<String> info = alone.get("/tokenizer_info");
            assertEquals(200, info.statusCode(), info::body);
            assertEquals(
                    "{\"model\":\"small\",\"bos_token\":null,\"eos_token\":\"\\n\",\"pad_token\":null,\"add_bos_token\":false,"
                            + "\"vocab_size\":29,\"max_model_len\":16384}",
                    info.body());
            JsonObject tokens = alone.ask("/tokenize", "{\"prompt\": \"test\", \"add_special_tokens\": false}");
            assertEquals("[20,5,19,20]", Json.compact(tokens.array("tokens")));
            JsonObject text = alone.ask("/detokenize", "{\"tokens\": [20, 5, 19, 20]}");
            assertEquals("test", text.string("prompt"));
        }
        // which of several it would be is not guessed; the harness then takes the tokenizer that it is told
        assertEquals(400, testServer.get("/tokenizer_info").statusCode());
    }

    @Test
    void likelihoodsAreThoseOfTheModel() throws IOException, InterruptedException {
        int[][] prompts = {{5, 17, 3, 9, 1, 8, 2, 6, 20, 11, 4, 4}, {7, 2, 19}};
        int[] contexts = {8, 1};
        // twice: the second time the beginnings are known
        for (int round = 0; round < 2; round++) {
            JsonObject reply = ask(
                    "/v1/completions",
                    "{\"model\": \"small\", \"prompt\": [[5, 17, 3, 9, 1, 8, 2, 6, 20, 11, 4, 4], [7, 2, 19]], \"temperature\": 0, "
                            + "\"max_tokens\": 1, \"logprobs\": 1, \"seed\": 1234, \"echo\": true}");
            for (int i = 0; i < prompts.length; i++) {
                JsonObject choice = choice(reply, i);
                JsonObject logprobs = choice.object("logprobs");
                for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
                    assertEquals(
                            prompts[i].length + 1, logprobs.array(list).items().size(), list);
                }
                assertEquals(
                        new JsonNull(), logprobs.array("token_logprobs").items().getFirst());
                assertEquals(
                        expected(prompts[i], contexts[i]),
                        Likelihood.of(choice, contexts[i]).sum(),
                        1e-4);
            }
        }
    }

    @Test
    void whatTheModelSaysItselfIsGreedy() throws IOException, InterruptedException {
        JsonObject said = ask(
                "/v1/completions",
                "{\"prompt\": \"abcdef\", \"model\": \"endless\", \"max_tokens\": 12, \"temperature\": 0, \"stop\": [], \"seed\": 1234}");
        String text = choice(said, 0).string("text");
        String body =
                "{\"model\": \"endless\", \"prompt\": \"%s\", \"temperature\": 0, \"max_tokens\": 1, \"logprobs\": 1, \"seed\": 1234, \"echo\": true}";
        Likelihood own = Likelihood.of(choice(ask("/v1/completions", body.formatted("abcdef" + text)), 0), 6);
        assertTrue(own.greedy());
        char other = text.charAt(3) == 'a' ? 'b' : 'a';
        String changed = "abcdef" + text.substring(0, 3) + other + text.substring(4);
        Likelihood others = Likelihood.of(choice(ask("/v1/completions", body.formatted(changed)), 0), 6);
        assertFalse(others.greedy());
        assertTrue(others.sum() < own.sum());
    }

    @Test
    void promptIsScoredAlone() throws IOException, InterruptedException {
        JsonObject reply = ask(
                "/v1/completions",
                "{\"model\": \"small\", \"prompt\": \"abc\", \"max_tokens\": 0, \"logprobs\": 5, \"echo\": true}");
        JsonObject choice = choice(reply, 0);
        assertEquals("abc", choice.string("text"));
        assertEquals(3, choice.object("logprobs").array("tokens").items().size());
        assertEquals(0, reply.object("usage").integer("completion_tokens"));
    }

    @Test
    void textIsGeneratedUntilAStop() throws IOException, InterruptedException {
        JsonObject reply = ask(
                "/v1/completions",
                "{\"prompt\": [[17, 21, 5, 19, 20, 9, 15, 14, 27, 15, 14, 5], [17, 21, 5, 19, 20]], \"model\": \"small\", "
                        + "\"max_tokens\": 16, \"temperature\": 0, \"stop\": [\"\\n\\n\", \"Question:\", \"</s>\"], \"seed\": 1234}");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            texts.add(choice(reply, i).string("text"));
        }
        JsonObject written = ask(
                "/v1/completions",
                "{\"prompt\": \"question one\", \"model\": \"small\", \"max_tokens\": 16, \"temperature\": 0, "
                        + "\"stop\": [\"\\n\\n\", \"Question:\", \"</s>\"], \"seed\": 1234}");
        assertEquals(texts.getFirst(), choice(written, 0).string("text"));
        JsonObject chat = ask(
                "/v1/chat/completions",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"question one\"}], \"model\": \"small\", "
                        + "\"max_tokens\": 16, \"temperature\": 0, \"stop\": [\"\\n\\n\"], \"seed\": 1234}");
        assertEquals(texts.getFirst(), choice(chat, 0).object("message").string("content"));
    }

    // 8 x 8 pixels of one grey
    private static final String PICTURE =
            "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADklEQVR42mNogAIGyhgAgIQgARDoahcAAAAASUVORK5CYII=";

    @Test
    void picturesAreAskedAboutWithDetail() throws IOException, InterruptedException {
        List<String> bodies = List.of(
                // lm-evaluation-harness
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\": "
                        + "\"data:image/png;base64," + PICTURE
                        + "\", \"detail\": \"auto\"}}, {\"type\": \"text\", \"text\": "
                        + "\"how many shapes are there?\"}]}], \"model\": \"small\", \"max_tokens\": 12, \"temperature\": 0, "
                        + "\"stop\": [\"\\n\\n\"], \"seed\": 1234}",
                // VLMEvalKit; what is in the file counts, not what is said of its type
                "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", "
                        + "\"image_url\": {\"url\": \"data:image/jpeg;base64," + PICTURE + "\", \"detail\": \"low\"}}, "
                        + "{\"type\": \"text\", \"text\": \"how many shapes are there?\"}]}], \"temperature\": 0, "
                        + "\"max_tokens\": 12}");
        List<String> answers = new ArrayList<>();
        for (String body : bodies) {
            answers.add(choice(ask("/v1/chat/completions", body), 0)
                    .object("message")
                    .string("content"));
        }
        assertEquals(answers.getFirst(), answers.getLast());
    }

    @Test
    void pictureIsAskedAbout() throws IOException, InterruptedException {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                + "\"data:image/png;base64," + PICTURE
                + "\"}},{\"type\":\"text\",\"text\":\"Is there a star in the image?\\n"
                + "Answer the question using a single word or phrase. \u2014 na\u00efve\"}]}],"
                + "\"model\":\"small\",\"max_tokens\":16,\"temperature\":0.0}";
        HttpResponse<String> response = testServer.send(testServer
                .request("/v1/chat/completions")
                .header("Accept-Encoding", "gzip, deflate, br")
                .header("Authorization", "Bearer EMPTY")
                .header("Accept", "application/json")
                .header("Content-Type", "application/json")
                .header("User-Agent", "OpenAI/Python 2.54.0")
                .header("X-Stainless-Lang", "python")
                .header("X-Stainless-Package-Version", "2.54.0")
                .header("X-Stainless-OS", "Linux")
                .header("X-Stainless-Arch", "x64")
                .header("X-Stainless-Runtime", "CPython")
                .header("X-Stainless-Runtime-Version", "3.11.2")
                .header("X-Stainless-Async", "false")
                .header("x-stainless-retry-count", "0")
                .header("x-stainless-read-timeout", "600")
                .POST(BodyPublishers.ofString(body)));
        assertEquals(200, response.statusCode(), response::body);
        JsonObject reply = Json.parseObject(response.body(), "reply");
        JsonObject message = choice(reply, 0).object("message");
        assertEquals("assistant", message.string("role"));
        int tokens = reply.object("usage").integer("completion_tokens");
        assertTrue(tokens > 0 && tokens <= 16, message.string("content"));
        assertTrue(reply.object("usage").integer("prompt_tokens") > 0);
    }
}
