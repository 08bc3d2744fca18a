package carve.runtime.eval.suite;

import java.util.List;
import java.util.Map;

/**
 * A public set of questions with the scoring of its authors.
 *
 * <p>An implementer reads every question of the files, in their order, and refuses files that are not the suite's with a
 * {@link SuiteException}. Scoring is a pure function of questions and answers.
 */
public interface Suite {
    /** Returns the name on the command line. */
    String name();

    /** Returns which files it reads, on one line. */
    String acceptedFiles();

    /**
     * Returns the questions.
     *
     * @throws SuiteException if a file is not what it should be or a picture is missing
     */
    List<Question> read(SuiteData suiteData);

    /** Returns what belongs together: questions of one group are asked all or not at all when a number of them is asked for. */
    default String group(Question item) {
        return item.id();
    }

    /** Returns the scores of answers to questions whose right answers are known. */
    SuiteScores score(List<Prediction> answers);

    /** Returns by name files of answers in the form in which the suite's own programs or servers take them; none by default. */
    default Map<String, String> submissionFiles(List<Prediction> answers) {
        return Map.of();
    }
}
