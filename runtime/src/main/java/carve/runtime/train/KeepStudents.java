package carve.runtime.train;

/** The models of a run that are kept as folders. */
public enum KeepStudents {
    /** Those of all stages, in {@code RUN/STAGE/student} or {@code RUN/STAGE/model}, and the result. */
    ALL,
    /** The result alone. */
    LAST
}
