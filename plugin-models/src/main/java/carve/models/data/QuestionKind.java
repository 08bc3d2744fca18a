package carve.models.data;

import java.util.Locale;

/** What a question asks for; results are reported by kind. */
public enum QuestionKind {
    /** How many there are. */
    COUNT,
    /** Which colour something has. */
    COLOUR,
    /** Which shape something has. */
    SHAPE,
    /** Where something is, or what is beside it. */
    POSITION,
    /** Whether there is such a thing. */
    EXISTENCE,
    /** The whole scene in a sentence. */
    DESCRIPTION,
    /** The value of a key in a list that the question itself tells. */
    RECALL;

    /** Returns the name in files, such as {@code count}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
