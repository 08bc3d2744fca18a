package carve.runtime.train;

/** The treatment of an interrupted run that is found in a run's folder. */
public enum Resume {
    /** Refusal: it is an error to find one. */
    NO,
    /** Continuation from its last checkpoint, if settings and input files are the same. */
    SAME_FILES,
    /** Continuation from its last checkpoint, if settings are the same; changed input files are logged as a warning. */
    CHANGED_FILES;

    /** Returns whether an interrupted run is continued. */
    public boolean isWanted() {
        return this != NO;
    }
}
