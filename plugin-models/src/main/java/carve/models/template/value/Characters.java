package carve.models.template.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Characters as Python's {@code str} counts and classes them: code points. */
public final class Characters {
    private Characters() {}

    /** Returns how many characters a text has. */
    public static int count(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Returns the characters of a text, each a string. */
    public static List<Value> split(String text) {
        List<Value> characters = new ArrayList<>(text.length());
        text.codePoints().forEach(c -> characters.add(StringValue.of(Character.toString(c))));
        return characters;
    }

    /** Returns whether {@code str.isspace} takes a character for white space. */
    public static boolean isSpace(int c) {
        return switch (c) {
            case ' ',
                    '\t',
                    '\n',
                    0x0b,
                    '\f',
                    '\r',
                    0x1c,
                    0x1d,
                    0x1e,
                    0x1f,
                    0x85,
                    0xa0,
                    0x1680,
                    0x2028,
                    0x2029,
                    0x202f,
                    0x205f,
                    0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200a;
        };
    }

    /** Returns whether {@code str.splitlines} ends a line at a character. */
    static boolean isLineEnd(int c) {
        return switch (c) {
            case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
            default -> false;
        };
    }

    /** Returns whether {@code repr} shows a character as it is. */
    static boolean isPrintable(int c) {
        return c == ' '
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    /** Returns whether a character is of a word, for {@code \w}. */
    public static boolean isWord(int c) {
        return c == '_' || Character.isLetter(c) || isNumeric(c);
    }

    static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    /** Returns the text without the characters of a kind at its beginning, its end, or both. */
    public static String strip(String text, IntPredicate kind, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && kind.test(text.codePointAt(start))) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (right && end > start && kind.test(text.codePointBefore(end))) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    /** Returns the text in lower case, in no particular language. */
    public static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** Returns the text in upper case, in no particular language. */
    public static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }
}
