package carve.models.data;

import java.util.List;

/**
 * A shape in a scene.
 *
 * @param kind its shape
 * @param colour its colour
 * @param row the row of its cell, 0 at the top
 * @param column the column of its cell, 0 at the left
 * @param x its centre, in 0..1 of the image's width
 * @param y its centre, in 0..1 of the image's height
 * @param size its extent, in 0..1 of the image's
 */
public record PlacedShape(ShapeKind kind, Colour colour, int row, int column, double x, double y, double size) {
    /** The words for rows. */
    static final List<String> ROWS = List.of("top", "middle", "bottom");
    /** The words for columns. */
    static final List<String> COLUMNS = List.of("left", "center", "right");

    /** Returns colour and shape, such as {@code red circle}. */
    public String name() {
        return colour.word() + " " + kind.word();
    }

    /** Returns the cell, such as {@code top left}. */
    public String position() {
        return ROWS.get(row) + " " + COLUMNS.get(column);
    }
}
