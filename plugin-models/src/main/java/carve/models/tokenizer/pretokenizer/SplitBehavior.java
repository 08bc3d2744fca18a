package carve.models.tokenizer.pretokenizer;

/** Ways to treat the matches between which a text is split. */
public enum SplitBehavior {
    /** Matches are left out. */
    REMOVED,
    /** Each match is a piece. */
    ISOLATED,
    /** A match is the end of the piece before it. */
    MERGED_WITH_PREVIOUS,
    /** A match is the beginning of the piece after it. */
    MERGED_WITH_NEXT,
    /** Matches one after another are a piece. */
    CONTIGUOUS
}
