package carve.api.model;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role who speaks
 * @param text what is said; {@code <image>} marks the places of pictures, which otherwise come first
 * @param pictures the pictures of this turn, in order
 */
public record Message(Role role, String text, List<Picture> pictures) {
    /** Who speaks. */
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
        pictures = List.copyOf(pictures);
    }

    /** Returns what a person says. */
    public static Message user(String text, Picture... pictures) {
        return new Message(Role.USER, text, List.of(pictures));
    }

    /** Returns what the model says. */
    public static Message assistant(String text) {
        return new Message(Role.ASSISTANT, text, List.of());
    }
}
