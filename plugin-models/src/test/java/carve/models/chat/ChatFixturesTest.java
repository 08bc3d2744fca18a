package carve.models.chat;

import static carve.testkit.LoggedAssumptions.assumeTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The prompts of a model with each template of the fixtures, where these are there: the text or the error that Transformers gives.
 * Templates that read the clock are left to the tests of the interpreter, which stop it.
 */
final class ChatFixturesTest {
    @TempDir
    private static Path temporary;

    @TestFactory
    Stream<DynamicTest> promptsAreThoseOfTransformers() {
        Path file = Fixture.folder().resolve("chat").resolve("chat_templates.json");
        assumeTrue(Files.isRegularFile(file), "no chat templates among the fixtures");
        JsonObject fixture = Json.readObject(file);
        return fixture.array("templates").items().stream()
                .map(JsonObject.class::cast)
                .filter(template -> !template.string("template").contains("strftime_now"))
                .map(template -> DynamicTest.dynamicTest(
                        template.string("name"), () -> check(template, fixture.object("conversations"))));
    }

    private static void check(JsonObject template, JsonObject conversations) throws IOException {
        Path folder = Files.createTempDirectory(temporary, template.string("name"));
        JsonObject config = JsonObject.empty()
                .with("bos_token", template.value("bos_token").orElseThrow())
                .with("eos_token", template.value("eos_token").orElseThrow())
                .with("chat_template", template.string("template"));
        ChatFolder chat = ChatFolder.in(folder).with("tokenizer_config.json", Json.print(config));
        chat.with("special_tokens_map.json", "{}");
        try (Processor processor = chat.open()) {
            for (JsonValue render : template.array("renders").items()) {
                check(processor, (JsonObject) render, conversations);
            }
        }
    }

    private static void check(Processor processor, JsonObject render, JsonObject conversations) {
        JsonObject conversation = conversations.object(render.string("conversation"));
        List<Message> messages = conversation.array("messages").items().stream()
                .map(message -> new Message((JsonObject) message, "", List.of()))
                .toList();
        JsonObject variables = conversation.optionalObject("kwargs").orElse(JsonObject.empty());
        for (String name : List.of("tools", "documents")) {
            variables = conversation.has(name)
                    ? variables.with(name, conversation.value(name).orElseThrow())
                    : variables;
        }
        ChatOptions options =
                new ChatOptions(render.flag("add_generation_prompt"), render.flag("continue_final_message"), variables);
        if (render.has("text")) {
            assertEquals(render.string("text"), processor.promptText(messages, options), render::toString);
            return;
        }
        ChatTemplateException e = assertThrows(
                ChatTemplateException.class, () -> processor.promptText(messages, options), render::toString);
        assertTrue(e.getMessage().contains(render.string("message")), e::getMessage);
    }
}
