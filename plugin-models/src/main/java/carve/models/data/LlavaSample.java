package carve.models.data;

import carve.models.text.ChatTurn;
import java.nio.file.Path;
import java.util.List;

/**
 * A conversation about images, from a file.
 *
 * @param id its name in the file
 * @param kind the group in reports; empty if the file has none
 * @param images its images, in the order of their placeholders
 * @param turns at least one question and answer
 */
public record LlavaSample(String id, String kind, List<Path> images, List<ChatTurn> turns) {
    /** Copies the lists. */
    public LlavaSample {
        images = List.copyOf(images);
        turns = List.copyOf(turns);
    }
}
