package carve.api.tensor;

import java.util.List;

/**
 * How an op that recomputes runs for some rows at a time, so that what is wide within it is never there for all of them.
 *
 * @param rows how many rows at a time, 1 or more
 * @param cut for each operand whether it is cut into rows, along its first axis, or handed over whole; all results are cut
 */
public record Pieces(int rows, List<Boolean> cut) {
    /** Copies the list. */
    public Pieces {
        cut = List.copyOf(cut);
        if (rows < 1 || !cut.contains(true)) {
            throw new IllegalArgumentException(
                    "%d rows of operands %s, expected 1 or more of at least one operand".formatted(rows, cut));
        }
    }
}
