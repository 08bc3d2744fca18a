package carve.models.tokenizer.normalizer;

import java.util.function.IntUnaryOperator;

/** Changes of texts, character by character. */
final class Characters {
    /** The result that takes a character out of the text. */
    static final int REMOVED = -1;

    private Characters() {}

    /** Returns a text with each code point replaced by another, or {@link #REMOVED}. */
    static String map(String text, IntUnaryOperator change) {
        int same = 0;
        while (same < text.length()) {
            int c = text.codePointAt(same);
            if (change.applyAsInt(c) != c) {
                break;
            }
            same += Character.charCount(c);
        }
        if (same == text.length()) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length()).append(text, 0, same);
        text.codePoints().skip(text.codePointCount(0, same)).map(change).forEach(c -> {
            if (c != REMOVED) {
                result.appendCodePoint(c);
            }
        });
        return result.toString();
    }
}
