package carve.api.loss;

/** How the values of positions become one number. */
public enum Reduction {
    /** The mean over the positions that count. */
    TOKENS,
    /** The sum over the positions that count, divided by the number of rows. */
    BATCH,
    /** The sum over the positions that count. */
    SUM,
    /** The mean over all elements, padding included. */
    ELEMENTS
}
