package carve.distill.data;

import carve.api.model.Message;
import java.util.List;

/**
 * One entry of a file.
 *
 * @param id what messages call it
 * @param images the names of its pictures, in the order of their places
 * @param messages what is said, without the pictures
 */
record Conversation(String id, List<String> images, List<Message> messages) {
    Conversation {
        images = List.copyOf(images);
        messages = List.copyOf(messages);
    }
}
