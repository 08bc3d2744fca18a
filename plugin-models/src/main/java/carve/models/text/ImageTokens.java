package carve.models.text;

import java.util.List;

/**
 * The words that stand for pictures: one placeholder in a prompt, which becomes a start token, a context token per vision token, and an end token.
 *
 * @param placeholder what a prompt has per picture
 * @param start the token before a picture
 * @param context the token whose embedding the picture's replace
 * @param end the token after a picture
 */
public record ImageTokens(String placeholder, String start, String context, String end) {
    /** The words of InternVL, HoVLE and mmMamba. */
    public static final ImageTokens INTERN_VL = new ImageTokens("<image>", "<img>", "<IMG_CONTEXT>", "</img>");

    /**
     * Returns the prompt with its placeholders replaced in order.
     *
     * @param counts how many context tokens each picture has
     * @throws TextException if there are more or fewer placeholders than pictures, or the prompt has context tokens of its own
     */
    public String expand(String prompt, List<Integer> counts) {
        if (prompt.contains(context)) {
            throw new TextException("prompt: '%s' stands for pictures and cannot be written".formatted(context));
        }
        if (count(prompt) != counts.size()) {
            throw new TextException(
                    "prompt: %d times '%s' for %d pictures".formatted(count(prompt), placeholder, counts.size()));
        }
        var result = new StringBuilder();
        int from = 0;
        for (int count : counts) {
            int at = prompt.indexOf(placeholder, from);
            result.append(prompt, from, at).append(start).repeat(context, count).append(end);
            from = at + placeholder.length();
        }
        return result.append(prompt, from, prompt.length()).toString();
    }

    /** Returns how many placeholders the text has. */
    public int count(String text) {
        int count = 0;
        for (int at = text.indexOf(placeholder); at >= 0; at = text.indexOf(placeholder, at + placeholder.length())) {
            count++;
        }
        return count;
    }
}
