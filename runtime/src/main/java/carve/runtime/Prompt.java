package carve.runtime;

import carve.api.text.EncodedImage;
import carve.api.text.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * A conversation for a model to continue.
 *
 * @param messages its messages, oldest first; the last one is usually the user's
 */
public record Prompt(List<Message> messages) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there is no message
     */
    public Prompt {
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a prompt must have at least one message");
        }
    }

    /**
     * Returns a prompt of one user message.
     *
     * @param text the message; {@code <image>} marks the place of an image, else images come first
     * @param images its images, in order
     */
    public static Prompt user(String text, EncodedImage... images) {
        return new Prompt(List.of(Message.user(text, images)));
    }

    /** Returns this prompt with a system message before all others. */
    public Prompt withSystem(String text) {
        List<Message> all = new ArrayList<>(List.of(new Message(Message.Role.SYSTEM, text, List.of())));
        all.addAll(messages);
        return new Prompt(all);
    }

    /** Returns this prompt with the model's reply and the next user message after it. */
    public Prompt then(String reply, String next) {
        List<Message> all = new ArrayList<>(messages);
        all.add(Message.assistant(reply));
        all.add(Message.user(next));
        return new Prompt(all);
    }
}
