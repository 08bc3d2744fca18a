package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.json.Json;
import carve.api.text.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MessageParserTest {
    private static final RequestLimits LIMITS = new RequestLimits(1 << 20, 4, 64, 64, 100, 1 << 20);
    private static final String IMAGE =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

    private static List<String> texts(String messages) {
        return MessageParser.parse(
                        Json.parseObject("{\"m\": %s}".formatted(messages), "test")
                                .array("m"),
                        LIMITS)
                .stream()
                .map(Message::text)
                .toList();
    }

    private static String user(String text, int images) {
        return "[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"%s\"}%s]}]"
                .formatted(
                        text,
                        ", {\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,%s\"}}"
                                .formatted(IMAGE)
                                .repeat(images));
    }

    @Test
    void typedPlacesOfImagesAreTextInEveryRole() {
        String each = "{\"role\": \"%s\", \"content\": \"an <image>\"}";
        assertEquals(
                List.of("an <image\\>", "an <image\\>", "an <image\\>"),
                texts("[%s, %s, %s]"
                        .formatted(each.formatted("system"), each.formatted("user"), each.formatted("assistant"))));
    }

    @Test
    void onlyAsManyPlacesAsImagesAreTheImages() {
        assertEquals(List.of("<image> what?"), texts(user("<image> what?", 1)));
        assertEquals(List.of("<image\\> what?"), texts(user("<image> what?", 2)));
        assertEquals(List.of("<image\\><image\\>"), texts(user("<image><image>", 1)));
    }
}
