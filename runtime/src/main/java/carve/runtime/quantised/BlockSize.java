package carve.runtime.quantised;

/**
 * The extents of the parts of a matrix that share a scale.
 *
 * @param rows how many rows, 1 or more
 * @param columns how many columns, 1 or more
 */
record BlockSize(int rows, int columns) {
    static final BlockSize WHOLE = new BlockSize(Integer.MAX_VALUE, Integer.MAX_VALUE);
    static final BlockSize ROW = new BlockSize(1, Integer.MAX_VALUE);

    /** Returns how many parts some rows are, the last of which may be smaller. */
    int gridRows(int of) {
        return Math.ceilDiv(of, rows);
    }

    /** Returns how many parts some columns are, the last of which may be smaller. */
    int gridColumns(int of) {
        return Math.ceilDiv(of, columns);
    }

    @Override
    public String toString() {
        if (equals(WHOLE)) {
            return "one for the tensor";
        }
        return equals(ROW) ? "one for each row" : "one for each %d x %d".formatted(rows, columns);
    }
}
