package carve.runtime.eval.recall;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ways to score a generated text, from 0 (wrong) to 1 (right). */
public enum AnswerMatch {
    /**
     * The fraction of the answers that the text contains, ignoring case, as {@code string_match_all} of RULER (Hsieh et al. 2024,
     * arXiv:2404.06654): control characters count as ends of lines.
     */
    ALL {
        @Override
        public double score(String text, List<String> answers) {
            String found =
                    CONTROL.matcher(text.strip()).replaceAll("\n").strip().toLowerCase(Locale.ROOT);
            return answers.stream()
                            .filter(answer -> found.contains(answer.toLowerCase(Locale.ROOT)))
                            .count()
                    / (double) answers.size();
        }
    },
    /** The comparison of the first whole number in the text. */
    FIRST_INTEGER {
        @Override
        public double score(String text, List<String> answers) {
            Matcher number = INTEGER.matcher(text);
            return number.find() && number.group().equals(answers.getFirst()) ? 1 : 0;
        }
    },
    /** The comparison of the first line of the text, without white space at its ends. */
    FIRST_LINE {
        @Override
        public double score(String text, List<String> answers) {
            String line = text.strip().lines().findFirst().orElse("");
            return line.strip().equals(answers.getFirst()) ? 1 : 0;
        }
    },
    /** The comparison of the first word of the text. */
    FIRST_WORD {
        @Override
        public double score(String text, List<String> answers) {
            return text.strip().split("\\s+")[0].equals(answers.getFirst()) ? 1 : 0;
        }
    };

    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x1f]");
    private static final Pattern INTEGER = Pattern.compile("\\d+");

    /** Returns the score of a text. */
    public abstract double score(String text, List<String> answers);
}
