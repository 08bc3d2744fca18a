package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.TestDistribution;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo's teacher with a chat template of its own, served and talked to. */
@Timeout(300)
final class ChatTemplateTest {
    private static final String TEMPLATE = """
            {%- for tool in tools or [] %}tool {{ tool.function.name }}<|im_end|>{% endfor -%}
            {%- for m in messages -%}
            {%- if m.role == 'judge' %}{{ raise_exception('no judges, found ' + m.role + ' at ' + loop.index0 | string) }}{% endif -%}
            {{- '<|im_start|>' + m.role + '\\n' -}}
            {{- m.content if m.content is string else m.content | map(attribute='text') | join('+') -}}
            {%- for call in m.tool_calls or [] %}call {{ call.function.arguments | tojson }}{% endfor -%}
            {{- '<|im_end|>' -}}
            {%- endfor -%}
            {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' + (lead or '') }}{% endif -%}
            """;

    @TempDir
    private Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private URI address;

    private Path model(boolean template) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(Path.of("..", "demo", "teacher", file), model.resolve(file));
        }
        if (template) {
            Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
            Files.writeString(
                    model.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\", \"eos_token\": \"<|im_end|>\"}");
            Files.writeString(model.resolve("generation_config.json"), "{\"do_sample\": false, \"max_new_tokens\": 3}");
        }
        return model;
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address.resolve(path))
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private JsonObject ask(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = post(path, body);
        assertEquals(200, response.statusCode(), response::body);
        return Json.parseObject(response.body(), "reply");
    }

    private JsonObject refused(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = post(path, body);
        assertEquals(400, response.statusCode(), response::body);
        return Json.parseObject(response.body(), "reply").object("error");
    }

    private static JsonObject choice(JsonObject reply) {
        return (JsonObject) reply.array("choices").items().getFirst();
    }

    private static String body(String messages, String more) {
        return "{\"messages\": [%s]%s}".formatted(messages, more.isEmpty() ? "" : ", " + more);
    }

    private static String said(String role, String content) {
        return "{\"role\": \"%s\", \"content\": \"%s\"}".formatted(role, content);
    }

    private Process serve(String... more) throws IOException {
        String[] line = {
            "serve",
            more[0],
            "--port",
            "0",
            "--states",
            folder.resolve("states").toString()
        };
        String[] all = java.util.Arrays.copyOf(line, line.length + more.length - 1);
        System.arraycopy(more, 1, all, line.length, more.length - 1);
        Process process = TestDistribution.process(all)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader out = process.inputReader();
        String told = out.readLine();
        assertTrue(told != null && told.startsWith("carve serves ["), () -> "said " + told);
        address = URI.create(told.substring(told.lastIndexOf(' ') + 1));
        return process;
    }

    @Test
    void theTemplateMakesThePrompts() throws IOException, InterruptedException {
        Process server = serve("m=" + model(true));
        try {
            messagesAreWhatTheTemplateMakesOfThem();
            tokensAreThoseOfTheText();
            answersAreOfThePrompt();
            errorsAreTheTemplates();
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private void messagesAreWhatTheTemplateMakesOfThem() throws IOException, InterruptedException {
        String turns = said("developer", "a") + ", " + said("assistant", "b") + ", " + said("user", "c") + ", "
                + said("user", "d");
        String text =
                "<|im_start|>developer\na<|im_end|><|im_start|>assistant\nb<|im_end|><|im_start|>user\nc<|im_end|>"
                        + "<|im_start|>user\nd<|im_end|>";
        assertEquals(
                text + "<|im_start|>assistant\n",
                ask("/apply-template", body(turns, "")).string("prompt"));
        assertEquals(
                text,
                ask("/apply-template", body(turns, "\"add_generation_prompt\": false"))
                        .string("prompt"));
        String call =
                "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"1\", \"type\": \"function\","
                        + " \"function\": {\"name\": \"f\", \"arguments\": {\"x\": 1}}}]}";
        String result =
                "{\"role\": \"tool\", \"tool_call_id\": \"1\", \"content\": [{\"type\": \"text\", \"text\": \"p\"},"
                        + " {\"type\": \"text\", \"text\": \"q\"}]}";
        assertEquals(
                "tool f<|im_end|><|im_start|>assistant\ncall {\"x\": 1}<|im_end|><|im_start|>tool\np+q<|im_end|>"
                        + "<|im_start|>assistant\nred",
                ask(
                                "/apply-template",
                                body(
                                        call.replace("null", "\"\"") + ", " + result,
                                        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}],"
                                                + " \"chat_template_kwargs\": {\"lead\": \"red\"}, \"max_tokens\": 3"))
                        .string("prompt"));
        assertEquals(
                "<|im_start|>user\nwhere?<|im_end|><|im_start|>assistant\ntop",
                ask(
                                "/apply-template",
                                body(
                                        said("user", "where?") + ", " + said("assistant", "top"),
                                        "\"continue_final_message\": true"))
                        .string("prompt"));
    }

    private void tokensAreThoseOfTheText() throws IOException, InterruptedException {
        String question = said("user", "where is the star?");
        String prompt = ask("/apply-template", body(question, "")).string("prompt");
        String quoted = Json.compact(JsonObject.empty().with("content", prompt));
        String tokens = Json.compact(ask("/tokenize", body(question, "")).array("tokens"));
        assertEquals(tokens, Json.compact(ask("/tokenize", quoted).array("tokens")));
        // the demo's tokenizer is of words, and puts a space before each
        String back = ask("/detokenize", "{\"tokens\": %s}".formatted(tokens)).string("prompt");
        assertEquals(prompt, back.replace("<|im_start|> ", "<|im_start|>"));
        JsonObject pieces =
                ask("/tokenize", "{\"content\": \"star<|im_end|>\", \"add_special\": true, \"with_pieces\": true}");
        assertEquals(3, pieces.integer("count"));
        assertTrue(Json.compact(pieces).contains("\"piece\":\"<|im_end|>\""), () -> Json.compact(pieces));
        assertTrue(ask("/tokenize", "{\"content\": \"<|im_end|>\", \"parse_special\": false}")
                        .integer("count")
                > 1);
        JsonObject info = Json.parseObject(
                client.send(
                                HttpRequest.newBuilder(address.resolve("/tokenizer_info"))
                                        .build(),
                                BodyHandlers.ofString())
                        .body(),
                "info");
        assertEquals("<s>", info.string("bos_token"));
        assertEquals("<|im_end|>", info.string("eos_token"));
        assertEquals(TEMPLATE, info.string("chat_template"));
        assertEquals(2048, info.integer("max_model_len"));
    }

    private void answersAreOfThePrompt() throws IOException, InterruptedException {
        String question = said("user", "describe the picture");
        JsonObject answered = ask("/v1/chat/completions", body(question, ""));
        String text = choice(answered).object("message").string("content");
        // as the generation configuration says
        assertTrue(answered.object("usage").integer("completion_tokens") <= 3);
        JsonObject plain = ask(
                "/v1/completions",
                Json.compact(JsonObject.empty()
                        .with(
                                "prompt",
                                ask("/apply-template", body(question, "")).string("prompt"))
                        .with("max_tokens", 3)
                        .with("temperature", 0)));
        assertTrue(!text.isBlank() && choice(plain).string("text").strip().startsWith(text.strip()), text);
    }

    private void errorsAreTheTemplates() throws IOException, InterruptedException {
        for (String path : new String[] {"/v1/chat/completions", "/apply-template", "/tokenize"}) {
            JsonObject error = refused(path, body(said("user", "a") + ", " + said("judge", "b"), ""));
            assertEquals("no judges, found judge at 1", error.string("message"));
            assertEquals("messages", error.string("param"));
        }
        assertEquals(
                "Cannot set both 'continue_final_message' and 'add_generation_prompt' to true.",
                refused(
                                "/v1/chat/completions",
                                body(
                                        said("assistant", "a"),
                                        "\"continue_final_message\": true, \"add_generation_prompt\": true"))
                        .string("message"));
        assertEquals(
                "chat_template_kwargs.messages",
                refused("/apply-template", body(said("user", "a"), "\"chat_template_kwargs\": {\"messages\": []}"))
                        .string("param"));
        assertEquals(
                "messages[0].content[0].type",
                refused("/apply-template", body("{\"role\": \"user\", \"content\": [{\"type\": \"input_audio\"}]}", ""))
                        .string("param"));
    }

    @Test
    void aTemplateThatIsGivenTakesThePlaceOfTheModels() throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("mine.jinja"), "mine {{ messages[0].content }}");
        Process server = serve("m=" + model(false), "--chat-template", file.toString());
        try {
            assertEquals(
                    "mine a",
                    ask("/apply-template", body(said("user", "a"), "")).string("prompt"));
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    @Test
    void thePromptIsShownInAChat() throws IOException, InterruptedException {
        Path typed = Files.writeString(folder.resolve("typed"), "what is it?\nwhere is it?\n");
        Process process = TestDistribution.process(
                        "chat", model(true).toString(), "--greedy", "--show-prompt", "--system", "short")
                .redirectInput(typed.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        String first =
                "<|im_start|>system\nshort<|im_end|><|im_start|>user\nwhat is it?<|im_end|><|im_start|>assistant\n";
        assertTrue(printed.startsWith(first + "\n"), printed);
        String answer =
                printed.substring(first.length() + 1).lines().findFirst().orElseThrow();
        assertTrue(
                printed.contains(
                        first + answer + "<|im_end|><|im_start|>user\nwhere is it?<|im_end|><|im_start|>assistant\n"),
                printed);
    }
}
