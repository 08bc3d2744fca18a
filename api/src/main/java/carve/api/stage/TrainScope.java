package carve.api.stage;

/** The parameters that a stage's globs select from. */
public enum TrainScope {
    /** The parameters of the layers that the plan converted. */
    CONVERTED,
    /** All parameters but those of the layers that the plan kept. */
    NOT_KEPT,
    /** All parameters. */
    ALL
}
