package carve.runtime.eval.suite;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Infers the letter that an answer in words means, as VLMEvalKit does where no other model is asked ({@code can_infer}, policy {@code
 * exact_matching}).
 */
final class ChoiceExtractor {
    private static final String PUNCTUATION = "[.()\\[\\],:;!*#{}]";
    private static final int LAST = 5;

    private ChoiceExtractor() {}

    /**
     * Returns the letter; empty if there is none to be inferred.
     *
     * <p>It is the only letter of a choice that stands alone as a word, if it is among the last five words; else the only choice
     * whose text is in the answer, unless the answer is more than twice as long as all choices.
     */
    static String extract(String answer, List<String> choices) {
        List<String> words =
                Arrays.asList(answer.replaceAll(PUNCTUATION, " ").strip().split("\\s+"));
        List<String> named = IntStream.range(0, choices.size())
                .mapToObj(Question::letter)
                .filter(words::contains)
                .toList();
        if (named.size() == 1 && words.indexOf(named.getFirst()) > words.size() - LAST) {
            return named.getFirst();
        }
        return named.isEmpty() && words.contains("Z") ? "" : byText(answer.toLowerCase(Locale.ROOT), choices);
    }

    private static String byText(String answer, List<String> choices) {
        if (answer.length() > 2 * choices.stream().mapToInt(String::length).sum()) {
            return "";
        }
        List<String> said = IntStream.range(0, choices.size())
                .filter(i -> answer.contains(choices.get(i).toLowerCase(Locale.ROOT)))
                .mapToObj(Question::letter)
                .toList();
        return said.size() == 1 ? said.getFirst() : "";
    }
}
