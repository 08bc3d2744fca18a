package carve.data;

/** The documents of a plain file. */
enum Split {
    /** The file is one. */
    FILE,
    /** Each paragraph is one; blank lines are between them. */
    PARAGRAPHS,
    /** Each line that is not blank is one. */
    LINES
}
