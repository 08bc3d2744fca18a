package carve.models.data;

/** The two halves of a data set, which share no scene. */
public enum Split {
    /** What a model learns from. */
    TRAIN("train"),
    /** What it is asked afterwards. */
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
