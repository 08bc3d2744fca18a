package carve.api.text;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role who speaks
 * @param text what is said; {@code <image>} marks the places of images, which otherwise come first
 * @param images the images of this turn, in order
 */
public record Message(Role role, String text, List<EncodedImage> images) {
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

    /** Returns what a person says. */
    public static Message user(String text, EncodedImage... pictures) {
        return new Message(Role.USER, text, List.of(pictures));
    }

    /** Returns what the model says. */
    public static Message assistant(String text) {
        return new Message(Role.ASSISTANT, text, List.of());
    }
}
