package carve.runtime.eval.suite;

import java.nio.file.Path;
import java.util.List;

/**
 * Scores of a suite from grades that somebody else gave.
 *
 * @param suite the suite
 */
public record ExternalGrading(Suite suite) {
    /**
     * Returns the scores that a file of grades gives.
     *
     * @throws SuiteException if the suite is not graded by others, or the file is not of the right form
     */
    public SuiteScores score(List<Question> items, Path grades) {
        if (suite instanceof MmVet graded) {
            return graded.score(items, grades);
        }
        throw new SuiteException(
                "%s needs no grades: its answers are scored here; leave --grades out".formatted(suite.name()));
    }
}
