package carve.api.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The samples that were left out for one reason.
 *
 * @param count how many
 * @param examples the names of the first ones, at most {@value #SHOWN}
 */
public record SkippedSamples(long count, List<String> examples) {
    /** The number of samples that are named at most. */
    public static final int SHOWN = 5;

    /** No samples. */
    public static final SkippedSamples NONE = new SkippedSamples(0, List.of());

    /** Copies the list. */
    public SkippedSamples {
        examples = List.copyOf(examples);
    }

    /** Returns these and one more. */
    public SkippedSamples and(String name) {
        if (examples.size() == SHOWN) {
            return new SkippedSamples(count + 1, examples);
        }
        List<String> more = new ArrayList<>(examples);
        more.add(name);
        return new SkippedSamples(count + 1, more);
    }

    /** Returns the number and the names, such as {@code 7 (a, b, c, d, e, ...)}. */
    @Override
    public String toString() {
        return "%d (%s%s)".formatted(count, String.join(", ", examples), count > examples.size() ? ", ..." : "");
    }
}
