package carve.models.data;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A few figures on a plain ground, each in a cell of its own of a grid of three by three.
 *
 * @param key what its further random choices (questions, colour noise) derive from
 * @param background the gray of the ground, 0..255
 * @param shapes in reading order
 */
public record Scene(long key, int background, List<PlacedShape> shapes) {
    /** Copies the figures. */
    public Scene {
        shapes = List.copyOf(shapes);
    }

    /** Returns what the scene shows, such as {@code a red circle top left and a blue square bottom right}; equal for scenes that look alike. */
    public String description() {
        return shapes.stream()
                .map(figure -> "a " + figure.name() + " " + figure.position())
                .collect(Collectors.joining(" and "));
    }
}
