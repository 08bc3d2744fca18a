package carve.testkit.fuzz;

import java.time.Duration;
import java.util.List;

/**
 * The outcomes of the inputs of a target.
 *
 * @param target its name
 * @param answers how many inputs were read
 * @param refusals how many were refused with an exception of Carve's own
 * @param failures the outcomes of all others, each with its number and its first bytes
 * @param slowest the longest time that an input took
 */
public record FuzzResult(String target, long answers, long refusals, List<String> failures, Duration slowest) {
    /** The heading of a table of {@linkplain #row rows}. */
    public static final String HEADING =
            "| target | inputs | answers | clean errors | failures | slowest, ms |\n| --- | ---: | ---: | ---: | ---: | ---: |";

    /** Copies the list. */
    public FuzzResult {
        failures = List.copyOf(failures);
    }

    /** Returns how many inputs there were. */
    public long inputs() {
        return answers + refusals + failures.size();
    }

    /** Returns a row of a table: target, inputs, answers, refusals, failures, milliseconds of the slowest input. */
    public String row() {
        return "| %s | %d | %d | %d | %d | %d |"
                .formatted(target, inputs(), answers, refusals, failures.size(), slowest.toMillis());
    }
}
