package carve.api.tensor;

import java.util.List;

/**
 * The chunks of rows in which an op that recomputes runs, so that its wide intermediate tensors never exist for all rows.
 *
 * @param rows how many rows at a time, 1 or more
 * @param isChunked for each operand whether it is cut into rows, along its first axis, or handed over whole; all results are cut
 */
public record RowChunks(int rows, List<Boolean> isChunked) {
    /** Copies the list. */
    public RowChunks {
        isChunked = List.copyOf(isChunked);
        if (rows < 1 || !isChunked.contains(true)) {
            throw new IllegalArgumentException(
                    "%d rows of operands %s, expected 1 or more of at least one operand".formatted(rows, isChunked));
        }
    }
}
