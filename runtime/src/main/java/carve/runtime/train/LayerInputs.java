package carve.runtime.train;

/** What the layers that a loss compares are given. */
public enum LayerInputs {
    /** Both, what the teacher's layer had; the student's layers learn alone. */
    TEACHER,
    /** Both, what the student's layer had; the teacher's layers say what they would have made of it. */
    STUDENT,
    /** Each, what its own layers before it made. */
    NONE
}
