package carve.models.tokenizer.regex;

import carve.models.text.TextException;

/** A position in the text of an expression. */
final class PatternCursor {
    private final String pattern;
    private int position;

    PatternCursor(String pattern) {
        this.pattern = pattern;
    }

    boolean more() {
        return position < pattern.length();
    }

    int peek() {
        return pattern.codePointAt(position);
    }

    int previous() {
        return pattern.codePointBefore(position);
    }

    /** Returns the next character, which must be there. */
    int next() {
        if (!more()) {
            throw error("unexpected end");
        }
        int c = peek();
        position += Character.charCount(c);
        return c;
    }

    boolean accept(char c) {
        boolean here = more() && pattern.charAt(position) == c;
        position += here ? 1 : 0;
        return here;
    }

    boolean accept(String text) {
        boolean here = pattern.startsWith(text, position);
        position += here ? text.length() : 0;
        return here;
    }

    /** Moves behind the next occurrence of a character and returns what stands before it. */
    String skipPast(char c) {
        int at = pattern.indexOf(c, position);
        if (at < 0) {
            throw error("missing " + c);
        }
        String skipped = pattern.substring(position, at);
        position = at + 1;
        return skipped;
    }

    void back(int characters) {
        position -= characters;
    }

    /** Returns the bounds of an interval such as <code>{1,3}</code> and moves behind it; an empty array if there is none here. */
    int[] interval() {
        int close = more() && pattern.charAt(position) == '{' ? pattern.indexOf('}', position) : -1;
        String inside = close < 0 ? "" : pattern.substring(position + 1, close);
        if (!inside.matches("\\d{1,7}(,\\d{0,7})?|,\\d{1,7}")) {
            return new int[0];
        }
        position = close + 1;
        String[] bounds = inside.split(",", -1);
        int min = bounds[0].isEmpty() ? 0 : Integer.parseInt(bounds[0]);
        if (bounds.length == 1) {
            return new int[] {min, min};
        }
        return new int[] {min, bounds[1].isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(bounds[1])};
    }

    /** Returns the value of hexadecimal digits, at least one and at most so many. */
    int hexadecimal(int most) {
        int value = 0;
        int from = position;
        while (more() && position - from < most && Character.digit(pattern.charAt(position), 16) >= 0) {
            value = value * 16 + Character.digit(pattern.charAt(position++), 16);
        }
        if (position == from || !Character.isValidCodePoint(value)) {
            throw error("expected hexadecimal digits of a character");
        }
        return value;
    }

    TextException error(String problem) {
        String shown = pattern.length() > 200 ? pattern.substring(0, 200) + "..." : pattern;
        return new TextException("tokenizer: expression '%s': %s, at character %d".formatted(shown, problem, position));
    }
}
