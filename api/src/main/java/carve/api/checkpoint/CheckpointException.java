package carve.api.checkpoint;

import carve.api.CarveException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Thrown when a checkpoint cannot be read or written, or does not hold what it should. */
public final class CheckpointException extends CarveException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_LINES = 60;

    /** Makes the exception; the message names file and tensor, what was found and what would do. */
    public CheckpointException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Returns one exception for some problems of one input, in the order given; at least one. Those that differ only in the indices
     * of layers or experts are told in one line.
     */
    public static CheckpointException of(String origin, Collection<String> problems) {
        return of(origin, problems.size() + " problems", problems);
    }

    /**
     * Returns one exception for some problems of one input, as {@link #of(String, Collection)} does.
     *
     * @param summary what is told before them if they take more than one line
     */
    public static CheckpointException of(String origin, String summary, Collection<String> problems) {
        List<String> lines = IndexRanges.join(problems);
        if (lines.size() == 1) {
            return new CheckpointException(origin + ": " + lines.getFirst());
        }
        String shown = lines.stream().limit(MAX_LINES).collect(Collectors.joining("\n  "));
        String more = lines.size() > MAX_LINES ? "\n  and %d more".formatted(lines.size() - MAX_LINES) : "";
        return new CheckpointException("%s: %s:\n  %s%s".formatted(origin, summary, shown, more));
    }
}
