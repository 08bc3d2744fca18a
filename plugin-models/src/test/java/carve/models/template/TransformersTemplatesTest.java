package carve.models.template;

import static carve.testkit.LoggedAssumptions.assumeTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.testkit.Fixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Templates of models and conversations, rendered as Transformers renders them, to the byte or its error.
 *
 * <p>The templates belong to their models' owners and are not in this repository: the tests run where {@code carve.fixtures} names a
 * folder that has {@code chat/chat_templates.json}.
 */
final class TransformersTemplatesTest {
    @TestFactory
    Stream<DynamicTest> everyTemplateRendersAsInTransformers() {
        Path file = Fixture.folder().resolve("chat/chat_templates.json");
        assumeTrue(Files.exists(file), "needs " + file);
        JsonObject fixture = Json.readObject(file);
        Clock clock = Clock.fixed(LocalDateTime.parse(fixture.string("now")).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
        return fixture.array("templates").items().stream()
                .map(JsonObject.class::cast)
                .map(template -> DynamicTest.dynamicTest(
                        template.string("name"), () -> check(template, fixture.object("conversations"), clock)));
    }

    private static void check(JsonObject fixture, JsonObject conversations, Clock clock) {
        ChatTemplate template = ChatTemplate.parse(fixture.string("name"), fixture.string("template"))
                .withClock(clock);
        assertTrue(fixture.array("renders").items().size() > 0);
        for (JsonValue value : fixture.array("renders").items()) {
            JsonObject render = (JsonObject) value;
            ChatRequest request = request(fixture, conversations.object(render.string("conversation")));
            String what = render.without("text").toString();
            if (render.has("text")) {
                assertEquals(render.string("text"), rendered(template, request, render), what);
            } else {
                TemplateException e =
                        assertThrows(TemplateException.class, () -> rendered(template, request, render), what);
                assertEquals(render.string("error"), e.error(), what);
                assertEquals(render.string("message"), e.reason(), what);
            }
        }
    }

    private static ChatRequest request(JsonObject fixture, JsonObject conversation) {
        ChatRequest request = ChatRequest.of(conversation.array("messages"));
        for (String token : new String[] {"bos_token", "eos_token"}) {
            request = fixture.members().get(token) instanceof JsonString text ? request.with(token, text) : request;
        }
        for (String name : new String[] {"tools", "documents"}) {
            request = request.with(name, conversation.value(name).orElse(new JsonNull()));
        }
        for (var variable : conversation
                .optionalObject("kwargs")
                .orElse(JsonObject.empty())
                .members()
                .entrySet()) {
            request = request.with(variable.getKey(), variable.getValue());
        }
        return request;
    }

    private static String rendered(ChatTemplate template, ChatRequest request, JsonObject render) {
        return render.flag("continue_final_message")
                ? request.continued(template)
                : request.prompt(template, render.flag("add_generation_prompt"));
    }
}
