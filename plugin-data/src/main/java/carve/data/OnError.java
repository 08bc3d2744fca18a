package carve.data;

/** The treatment of rows that cannot be used. */
enum OnError {
    /** Names all of them, the first in full, and nothing begins. */
    FAIL,
    /** Leaves them out, and counts them. */
    SKIP
}
