package carve.api.stage;

/** The inputs of the layers that a loss per layer compares. */
public enum LayerInputs {
    /** Both layers get the input of the teacher's layer, so that each of the student's layers is trained separately. */
    TEACHER,
    /** Both layers get the input of the student's layer; the teacher's layer gives the value to imitate for that input. */
    STUDENT,
    /** Each layer gets the output of the layers before it in its own model. */
    OWN
}
