package carve.data;

/** The tokens of conversations that are trained. */
enum ChatMask {
    /** All of them. */
    ALL,
    /** Those of what the assistant says, with what ends it. */
    COMPLETION,
    /** Those of what the assistant says, as the {@code weight} or {@code train} of each message says. */
    GIVEN
}
