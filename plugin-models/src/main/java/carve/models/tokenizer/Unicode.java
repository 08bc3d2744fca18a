package carve.models.tokenizer;

import carve.models.tokenizer.regex.CharacterSet;
import carve.models.tokenizer.regex.NamedSets;
import java.util.List;

/** Classes of characters as tokenizers use them. */
public final class Unicode {
    private static final CharacterSet WORD = CharacterSet.tabulated(CharacterSet.union(List.of(
            new CharacterSet.Alphabetic(),
            new CharacterSet.Categories(NamedSets.mask(
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.CONNECTOR_PUNCTUATION)),
            CharacterSet.range(0x200C, 0x200D))));
    private static final CharacterSet WHITE_SPACE = CharacterSet.tabulated(NamedSets.WHITE_SPACE);
    private static final CharacterSet PUNCTUATION = CharacterSet.tabulated(CharacterSet.union(List.of(
            new CharacterSet.Categories(NamedSets.mask(
                    Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION)),
            new CharacterSet.Ranges('!', '/', ':', '@', '[', '`', '{', '~'))));
    private static final CharacterSet NUMERIC = CharacterSet.tabulated(new CharacterSet.Categories(
            NamedSets.mask(Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER)));

    private Unicode() {}

    /** Returns whether a character has the property White_Space. */
    public static boolean isWhiteSpace(int c) {
        return WHITE_SPACE.contains(c);
    }

    /** Returns whether a character belongs to words, as UTS 18 defines it. */
    public static boolean isWord(int c) {
        return WORD.contains(c);
    }

    /** Returns whether a character is punctuation of Unicode's or of ASCII's. */
    public static boolean isPunctuation(int c) {
        return PUNCTUATION.contains(c);
    }

    /** Returns whether a character is a number: a digit, a letter as number, or another. */
    public static boolean isNumeric(int c) {
        return NUMERIC.contains(c);
    }

    /** Returns whether a character is a combining mark. */
    public static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.COMBINING_SPACING_MARK;
    }

    /** Returns a text with U+FFFD for each half of a surrogate pair that stands alone. */
    public static String wellFormed(String text) {
        int lone = firstLoneSurrogate(text, 0);
        if (lone < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder(text);
        for (; lone >= 0; lone = firstLoneSurrogate(text, lone + 1)) {
            result.setCharAt(lone, '\uFFFD');
        }
        return result.toString();
    }

    /** Returns whether a text has a half of a surrogate pair that stands alone. */
    public static boolean hasLoneSurrogate(String text) {
        return firstLoneSurrogate(text, 0) >= 0;
    }

    private static int firstLoneSurrogate(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return i;
            }
        }
        return -1;
    }
}
