package carve.distill.data;

import carve.api.model.Message;
import java.nio.file.Path;
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

    /** Returns this with names of pictures that are in a folder. */
    Conversation under(Path folder) {
        return new Conversation(
                id,
                images.stream().map(image -> folder.resolve(image).toString()).toList(),
                messages);
    }
}
