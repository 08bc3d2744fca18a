package carve.models.data;

/** The splits of a data set, which share no scene. */
public enum Split {
    /** The training split. */
    TRAIN("train"),
    /** The test split. */
    TEST("test");

    private final String word;

    Split(String word) {
        this.word = word;
    }

    /** Returns the name in files: {@code train} or {@code test}. */
    public String word() {
        return word;
    }
}
