package carve.models.tokenizer.model;

/** A doubly linked list of the places of symbols, from which some are removed. */
public final class SymbolList {
    private final int[] previous;
    private final int[] next;

    /** Makes the list of so many places. */
    public SymbolList(int size) {
        previous = new int[size];
        next = new int[size];
        for (int i = 0; i < size; i++) {
            previous[i] = i - 1;
            next[i] = i + 1 < size ? i + 1 : -1;
        }
    }

    /** Returns the place after one, or -1 if it is the last or was removed. */
    public int next(int at) {
        return next[at];
    }

    /** Returns the place before one, or -1 if it is the first. */
    public int previous(int at) {
        return previous[at];
    }

    /** Removes a place that is not the first. */
    public void remove(int at) {
        next[previous[at]] = next[at];
        if (next[at] >= 0) {
            previous[next[at]] = previous[at];
        }
        next[at] = -1;
    }
}
