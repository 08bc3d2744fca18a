package carve.models.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every feature of the language in small templates of our own, with the text, the error and the generation ranges of Transformers. */
final class SnippetsTest {
    /** Returns the snippets, the variables they see, and the time at which they were rendered. */
    static JsonObject snippets() throws IOException {
        try (InputStream in = Objects.requireNonNull(SnippetsTest.class.getResourceAsStream("snippets.json"))) {
            return Json.parseObject(new String(in.readAllBytes(), StandardCharsets.UTF_8), "snippets.json");
        }
    }

    @TestFactory
    Stream<DynamicTest> everySnippetRendersAsInTransformers() throws IOException {
        JsonObject snippets = snippets();
        Clock clock =
                Clock.fixed(LocalDateTime.parse(snippets.string("now")).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
        return snippets.array("cases").items().stream()
                .map(JsonObject.class::cast)
                .map(snippet -> DynamicTest.dynamicTest(
                        snippet.members().get("template").describe(),
                        () -> check(snippet, snippets.object("variables"), clock)));
    }

    private static void check(JsonObject snippet, JsonObject variables, Clock clock) {
        if (snippet.has("text")) {
            RenderedPrompt prompt = render(snippet, variables, clock);
            assertEquals(snippet.string("text"), prompt.text());
            assertEquals(snippet.optionalArray("ranges").orElse(JsonArray.of()), ranges(prompt));
            return;
        }
        TemplateException e = assertThrows(TemplateException.class, () -> render(snippet, variables, clock));
        assertEquals(List.of(snippet.string("error"), snippet.string("message")), List.of(e.error(), e.reason()));
    }

    private static RenderedPrompt render(JsonObject snippet, JsonObject variables, Clock clock) {
        return ChatTemplate.parse("snippet", snippet.string("template"))
                .withClock(clock)
                .renderWithGeneration(variables);
    }

    private static JsonArray ranges(RenderedPrompt prompt) {
        return new JsonArray(prompt.generated().stream()
                .<JsonValue>map(range -> JsonArray.of(JsonNumber.of(range.start()), JsonNumber.of(range.end())))
                .toList());
    }
}
