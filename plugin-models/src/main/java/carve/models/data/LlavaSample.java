package carve.models.data;

import carve.models.text.ChatTurn;
import java.nio.file.Path;
import java.util.List;

/**
 * A conversation about pictures, from a file.
 *
 * @param id its name in the file
 * @param kind what results are grouped by; empty if the file does not say
 * @param images its pictures, in the order of their placeholders
 * @param turns at least one question and answer
 */
public record LlavaSample(String id, String kind, List<Path> images, List<ChatTurn> turns) {
    /** Copies the lists. */
    public LlavaSample {
        images = List.copyOf(images);
        turns = List.copyOf(turns);
    }
}
