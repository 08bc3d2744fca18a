package carve.app.suite;

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
    String files();

    /**
     * Returns the questions.
     *
     * @throws SuiteException if a file is not what it should be or a picture is missing
     */
    List<Item> read(Source source);

    /** Returns what belongs together: questions of one group are asked all or not at all when a number of them is asked for. */
    default String group(Item item) {
        return item.id();
    }

    /** Returns the scores of answers to questions whose right answers are known. */
    Scores score(List<Answered> answers);

    /** Returns by name files of answers in the form in which the suite's own programs or servers take them; none by default. */
    default Map<String, String> official(List<Answered> answers) {
        return Map.of();
    }
}
