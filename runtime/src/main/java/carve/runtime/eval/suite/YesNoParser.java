package carve.runtime.eval.suite;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Decides if an answer in words is a yes. */
final class YesNoParser {
    private static final int PREFIX = 4;

    private YesNoParser() {}

    /** Returns what POPE's authors take an answer for: {@code no} if no, No or not is a word of its first sentence, else {@code yes}. */
    static String parsePope(String answer) {
        int period = answer.indexOf('.');
        String first = period < 0 ? answer : answer.substring(0, period);
        List<String> words = Arrays.asList(first.replace(",", "").split(" "));
        return words.contains("No") || words.contains("not") || words.contains("no") ? "no" : "yes";
    }

    /** Returns what MME's authors take an answer for: {@code yes} or {@code no} by its first four letters, else {@code other}. */
    static String parseMme(String answer) {
        String text = answer.strip().toLowerCase(Locale.ROOT);
        String prefix = text.substring(0, Math.min(PREFIX, text.length()));
        return prefix.contains("yes") ? "yes" : prefix.contains("no") ? "no" : "other";
    }
}
