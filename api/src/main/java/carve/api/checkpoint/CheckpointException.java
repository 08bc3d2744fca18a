package carve.api.checkpoint;

import carve.api.CarveException;
import java.util.Collection;

/** Thrown when a checkpoint cannot be read or written, or does not hold what it should. */
public final class CheckpointException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names file and tensor, what was found and what would do. */
    public CheckpointException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Returns one exception for some problems of one input, in the order given; at least one. */
    public static CheckpointException of(String origin, Collection<String> problems) {
        String first = problems.iterator().next();
        return new CheckpointException(
                problems.size() == 1
                        ? origin + ": " + first
                        : "%s: %d problems:\n  %s".formatted(origin, problems.size(), String.join("\n  ", problems)));
    }
}
