package carve.data;

/** The ways in which documents become rows. */
enum Packing {
    /** Each document is a row; rows are padded. */
    NONE,
    /** Documents are joined and cut into rows of {@code max-length} tokens; what is left at the end is dropped. */
    CONCATENATE,
    /** Whole documents are packed into rows of at most {@code max-length} tokens, and do not see each other. */
    PACK
}
