package carve.models.image;

/**
 * A division of an image into {@code columns x rows} tiles of the same size.
 *
 * @param columns tiles in a row, at least 1
 * @param rows tiles in a column, at least 1
 */
public record TileGrid(int columns, int rows) {
    /** Checks the extents. */
    public TileGrid {
        if (columns < 1 || rows < 1) {
            throw new ImageException("tile grid: at least 1 x 1 is needed, found %d x %d".formatted(columns, rows));
        }
    }

    /** Returns the number of tiles. */
    public int count() {
        return columns * rows;
    }
}
