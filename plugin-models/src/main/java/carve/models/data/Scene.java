package carve.models.data;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A few shapes on a plain background, each in its own cell of a grid of three by three.
 *
 * @param key the seed of further random choices (questions, colour noise)
 * @param background the gray of the background, 0..255
 * @param shapes in reading order
 */
public record Scene(long key, int background, List<PlacedShape> shapes) {
    /** Copies the shapes. */
    public Scene {
        shapes = List.copyOf(shapes);
    }

    /**
     * Returns a description of the scene, such as {@code a red circle top left and a blue square bottom right}; equal
     * for scenes that look alike.
     */
    public String description() {
        return shapes.stream()
                .map(shape -> "a " + shape.name() + " " + shape.position())
                .collect(Collectors.joining(" and "));
    }
}
