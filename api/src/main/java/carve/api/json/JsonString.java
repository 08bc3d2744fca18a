package carve.api.json;

import java.util.Objects;

/**
 * A JSON string.
 *
 * @param text the characters, without quotes and escapes
 */
public record JsonString(String text) implements JsonValue {
    private static final int DESCRIBED = 60;

    /** Checks that the text is there. */
    public JsonString {
        Objects.requireNonNull(text, "text");
    }

    @Override
    public String describe() {
        String shown = text.length() <= DESCRIBED ? text : text.substring(0, DESCRIBED) + "...";
        return Json.quote(shown);
    }
}
