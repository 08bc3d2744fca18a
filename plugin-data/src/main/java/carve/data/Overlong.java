package carve.data;

/** The treatment of documents that are longer than a row. */
enum Overlong {
    /** Cuts them into several. */
    SPLIT,
    /** Cuts off their end. */
    TRUNCATE,
    /** Leaves them out, and counts them. */
    SKIP
}
