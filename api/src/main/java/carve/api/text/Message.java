package carve.api.text;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One message of a conversation.
 *
 * @param json the message as chat templates see it: {@code role}, {@code content}, and whatever other fields it has, such as
 *     {@code tool_calls}; an image in the content is a part {@code {"type": "image"}}
 * @param text what is said, for models whose conversations are not made by a chat template; {@code <image>} marks the places of
 *     images, which otherwise come first; where the characters themselves are meant, {@link #escape} has put a backslash before
 *     the {@code >}
 * @param images the images of this message, in order
 */
public record Message(JsonObject json, String text, List<EncodedImage> images) {
    private static final String IMAGE = "<image";
    private static final String PLACE = "<image>";

    /** The roles that every model has; a chat template may know others. */
    public enum Role {
        /** The instructions of the application. */
        SYSTEM,
        /** The person. */
        USER,
        /** The model. */
        ASSISTANT;

        /** Returns the role as messages have it, in lower case. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Copies the list.
     *
     * @throws carve.api.json.JsonException if the object has no {@code role}, or one that is no string
     */
    public Message {
        images = List.copyOf(images);
        json.string("role");
    }

    /** Makes a message of a text, in which {@code <image>} marks the places of images unless it is escaped. */
    public Message(Role role, String text, List<EncodedImage> images) {
        this(JsonObject.empty().with("role", role.text()).with("content", content(text, images.size())), text, images);
    }

    /** Returns the role, which need not be a {@link Role}. */
    public String role() {
        return json.string("role");
    }

    /** Returns whether this is a message of a role. */
    public boolean isFrom(Role role) {
        return role().equals(role.text());
    }

    // a text with images is a list of parts, in which images without a place come first
    private static JsonValue content(String text, int images) {
        List<JsonValue> parts = new ArrayList<>();
        if (!text.contains(PLACE)) {
            for (int i = 0; i < images; i++) {
                parts.add(imagePart());
            }
        }
        int from = 0;
        for (int at = text.indexOf(PLACE); at >= 0; at = text.indexOf(PLACE, from)) {
            addText(parts, text.substring(from, at));
            parts.add(imagePart());
            from = at + PLACE.length();
        }
        if (parts.isEmpty()) {
            return new JsonString(unescape(text));
        }
        addText(parts, text.substring(from));
        return new JsonArray(parts);
    }

    private static void addText(List<JsonValue> parts, String text) {
        if (!text.isEmpty()) {
            parts.add(JsonObject.empty().with("type", "text").with("text", unescape(text)));
        }
    }

    /** Returns the part of a content that stands for an image. */
    public static JsonObject imagePart() {
        return JsonObject.empty().with("type", "image");
    }

    /**
     * Returns a text in which {@code <image>} is text, not the place of an image: a backslash is put before the {@code >} of
     * {@code <image>}, and before that of an {@code <image} with backslashes already there. {@link #unescape} takes it away.
     */
    public static String escape(String text) {
        return rewrite(text, 1);
    }

    /** Returns the text that {@link #escape} was given; places of images stay. */
    public static String unescape(String text) {
        return rewrite(text, -1);
    }

    private static String rewrite(String text, int change) {
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf(IMAGE); at >= 0; at = text.indexOf(IMAGE, from)) {
            int name = at + IMAGE.length();
            int end = name;
            while (end < text.length() && text.charAt(end) == '\\') {
                end++;
            }
            int backslashes = end - name;
            boolean marked = end < text.length() && text.charAt(end) == '>';
            result.append(text, from, name).repeat('\\', marked ? Math.max(0, backslashes + change) : backslashes);
            from = end;
        }
        return result.append(text, from, text.length()).toString();
    }

    /** Returns what a person says. */
    public static Message user(String text, EncodedImage... pictures) {
        return new Message(Role.USER, text, List.of(pictures));
    }

    /** Returns what the model says. */
    public static Message assistant(String text) {
        return new Message(Role.ASSISTANT, text, List.of());
    }
}
