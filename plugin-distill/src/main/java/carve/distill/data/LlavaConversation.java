package carve.distill.data;

import carve.api.text.Message;
import java.nio.file.Path;
import java.util.List;

/**
 * One entry of a file.
 *
 * @param id what messages call it
 * @param images the names of its pictures, in the order of their places
 * @param messages what is said, without the pictures
 */
record LlavaConversation(String id, List<String> images, List<Message> messages) {
    LlavaConversation {
        images = List.copyOf(images);
        messages = List.copyOf(messages);
    }

    /** Returns this with names of pictures that are in a folder. */
    LlavaConversation withImageFolder(Path folder) {
        return new LlavaConversation(
                id,
                images.stream().map(image -> folder.resolve(image).toString()).toList(),
                messages);
    }
}
