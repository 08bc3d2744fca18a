package carve.testkit.fuzz;

import java.util.List;

/**
 * The outcomes of the inputs of a target.
 *
 * @param target its name
 * @param answers how many inputs were read
 * @param refusals how many were refused with an exception of Carve's own
 * @param failures what came of all others, each with its number and its first bytes
 */
public record FuzzResult(String target, long answers, long refusals, List<String> failures) {
    /** Copies the list. */
    public FuzzResult {
        failures = List.copyOf(failures);
    }

    /** Returns how many inputs there were. */
    public long inputs() {
        return answers + refusals + failures.size();
    }

    /** Returns a row of a table: target, inputs, answers, refusals, failures. */
    public String row() {
        return "| %s | %d | %d | %d | %d |".formatted(target, inputs(), answers, refusals, failures.size());
    }
}
