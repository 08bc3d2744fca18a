package carve.models.data;

import java.util.Locale;

/** The kinds of questions; results are reported by kind. */
public enum QuestionKind {
    /** The number of shapes. */
    COUNT,
    /** The colour of a shape. */
    COLOUR,
    /** The shape of a colour. */
    SHAPE,
    /** The position of a shape, or its neighbour. */
    POSITION,
    /** The existence of a shape. */
    EXISTENCE,
    /** A description of the whole scene. */
    DESCRIPTION,
    /** The value of a key in a list that the question contains. */
    RECALL;

    /** Returns the name in files, such as {@code count}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
