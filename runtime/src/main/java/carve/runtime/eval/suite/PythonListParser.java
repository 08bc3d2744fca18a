package carve.runtime.eval.suite;

import java.util.ArrayList;
import java.util.List;

/** Lists of strings as Python prints them, {@code ['a', "it's"]}, which VLMEvalKit's tables have in some cells. */
final class PythonListParser {
    private PythonListParser() {}

    /**
     * Returns the strings.
     *
     * @throws SuiteException if the text is not such a list
     */
    static List<String> parse(String text, String place) {
        String list = text.strip();
        if (!list.startsWith("[") || !list.endsWith("]")) {
            throw new SuiteException("%s: expected a list such as ['a', 'b'], found '%s'".formatted(place, text));
        }
        List<String> strings = new ArrayList<>();
        int i = 1;
        while (i < list.length() - 1) {
            char quote = list.charAt(i);
            if (quote == ' ' || quote == ',') {
                i++;
                continue;
            }
            if (quote != '\'' && quote != '"') {
                throw new SuiteException(
                        "%s: expected a quote in the list, found '%s'".formatted(place, list.substring(i)));
            }
            StringBuilder string = new StringBuilder();
            i++;
            while (i < list.length() && list.charAt(i) != quote) {
                boolean escaped = list.charAt(i) == '\\' && i + 1 < list.length();
                i += escaped ? 1 : 0;
                char c = list.charAt(i);
                string.append(escaped && c == 'n' ? '\n' : escaped && c == 't' ? '\t' : c);
                i++;
            }
            strings.add(string.toString());
            i++;
        }
        return strings;
    }
}
