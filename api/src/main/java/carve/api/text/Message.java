package carve.api.text;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role who speaks
 * @param text what is said; {@code <image>} marks the places of images, which otherwise come first; where the characters
 *     themselves are meant, {@link #escape} has put a backslash before the {@code >}
 * @param images the images of this turn, in order
 */
public record Message(Role role, String text, List<EncodedImage> images) {
    private static final String IMAGE = "<image";

    /** The speaker of a turn. */
    public enum Role {
        /** The instructions of the application. */
        SYSTEM,
        /** The person. */
        USER,
        /** The model. */
        ASSISTANT
    }

    /** Copies the list. */
    public Message {
        images = List.copyOf(images);
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
