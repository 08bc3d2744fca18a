package carve.runtime.eval.suite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Answers in the form in which the VQA challenges compare them: lower case, without articles and punctuation, with numbers as
 * digits and apostrophes where they belong, as EvalAI's answer processor makes it.
 */
final class VqaAnswerNormalizer {
    private static final Map<String, String> NUMBERS = Map.ofEntries(
            Map.entry("none", "0"),
            Map.entry("zero", "0"),
            Map.entry("one", "1"),
            Map.entry("two", "2"),
            Map.entry("three", "3"),
            Map.entry("four", "4"),
            Map.entry("five", "5"),
            Map.entry("six", "6"),
            Map.entry("seven", "7"),
            Map.entry("eight", "8"),
            Map.entry("nine", "9"),
            Map.entry("ten", "10"));
    private static final Set<String> ARTICLES = Set.of("a", "an", "the");
    private static final List<String> PUNCTUATION = List.of(
            ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!");
    private static final Pattern COMMA_IN_NUMBER = Pattern.compile("(?<=\\d),+(?=\\d)");
    // the authors meant a look-behind by "(?!<=\d)", but it is no more than what may not follow
    private static final Pattern PERIOD = Pattern.compile("(?!<=\\d)\\.(?!\\d)");
    // the authors pass re.UNICODE, 32, where the greatest number of replacements belongs
    private static final int PERIODS = 32;
    private static final String ONE_APOSTROPHE = """
            ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's isn't
            it'd it'll ma'am mightn't might've mustn't must've needn't not've o'clock oughtn't shan't should've shouldn't
            somebody'll somebody's someone'd someone'll someone's something'd something'll that's there'd there're there's
            they'd they'll they're they've 'twas wasn't we've weren't what'll what're what's what've when's where'd where's
            where've who'd who'll who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've
            """;
    private static final String TWO_APOSTROPHES = """
            couldn't've hadn't've he'd've it'd've mightn't've she'd've shouldn't've somebody'd've someone'd've something'd've
            there'd've they'd've we'd've who'd've wouldn't've you'd've y'all'll
            """;
    private static final Map<String, String> UNLIKE_OTHERS = Map.of(
            "ow's'at", "'ow's'at",
            "'ows'at", "'ow's'at",
            "'ow'sat", "'ow's'at",
            "somebody'd", "somebodyd",
            "yall'd've", "y'all'd've",
            "y'alld've", "y'all'd've",
            "y'all'dve", "y'all'd've");
    private static final Map<String, String> CONTRACTIONS = contractions();

    private VqaAnswerNormalizer() {}

    /** Returns the form that is compared. */
    static String normalize(String answer) {
        String text = answer.toLowerCase(Locale.ROOT)
                .replace(",", "")
                .replace("?", "")
                .replace("'s", " 's")
                .strip()
                .replace('\n', ' ')
                .replace('\t', ' ')
                .strip();
        return words(withoutPunctuation(text));
    }

    private static String withoutPunctuation(String text) {
        boolean number = COMMA_IN_NUMBER.matcher(text).find();
        String out = text;
        for (String mark : PUNCTUATION) {
            boolean apart = text.contains(mark + " ") || text.contains(" " + mark) || number;
            out = out.replace(mark, apart ? "" : " ");
        }
        int[] left = {PERIODS};
        return PERIOD.matcher(out).replaceAll(_ -> left[0]-- > 0 ? "" : ".");
    }

    private static String words(String text) {
        List<String> words = new ArrayList<>();
        for (String word : text.strip().split("\\s+")) {
            String digits = NUMBERS.getOrDefault(word, word);
            if (!ARTICLES.contains(digits)) {
                words.add(CONTRACTIONS.getOrDefault(digits, digits));
            }
        }
        return String.join(" ", words);
    }

    // a word without its apostrophe becomes the word; where there are two, either alone may be missing
    private static Map<String, String> contractions() {
        Map<String, String> all = new HashMap<>(UNLIKE_OTHERS);
        for (String word : ONE_APOSTROPHE.strip().split("\\s+")) {
            all.put(word.replace("'", ""), word);
        }
        for (String word : TWO_APOSTROPHES.strip().split("\\s+")) {
            int first = word.indexOf('\'');
            int second = word.lastIndexOf('\'');
            all.put(word.substring(0, first) + word.substring(first + 1), word);
            all.put(word.substring(0, second) + word.substring(second + 1), word);
        }
        return Map.copyOf(all);
    }
}
