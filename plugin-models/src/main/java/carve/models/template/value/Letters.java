package carve.models.template.value;

/** Upper, lower and title case as Python's {@code str} has them. */
final class Letters {
    private static final String NUMERALS =
            "\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u842c\u4e07\u5104\u4ebf\u5146";

    private Letters() {}

    static String capitalized(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int end = Character.charCount(text.codePointAt(0));
        return title(text.codePointAt(0)) + Characters.lower(text.substring(end));
    }

    static String titled(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            out.append(inside ? Characters.lower(Character.toString(c)) : title(c));
            inside = isCased(c);
        }
        return out.toString();
    }

    private static String title(int c) {
        int title = Character.toTitleCase(c);
        String upper = Characters.upper(Character.toString(c));
        boolean several = title == c && upper.codePointCount(0, upper.length()) > 1;
        return several
                ? upper.charAt(0) + Characters.lower(upper.substring(1))
                : title == c && !isCased(c) ? Character.toString(c) : Character.toString(title);
    }

    static String swapped(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            String one = Character.toString(c);
            out.append(
                    Character.isUpperCase(c)
                            ? Characters.lower(one)
                            : Character.isLowerCase(c) ? Characters.upper(one) : one);
        });
        return out.toString();
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Character::isLowerCase)
                && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Character::isUpperCase)
                && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    static boolean isTitle(String text) {
        boolean inside = false;
        boolean any = false;
        for (int c : text.codePoints().toArray()) {
            boolean upper = Character.isUpperCase(c) || Character.isTitleCase(c);
            if (upper && inside || Character.isLowerCase(c) && !inside) {
                return false;
            }
            inside = isCased(c);
            any |= inside;
        }
        return any;
    }

    static boolean isDigit(int c) {
        int value = Character.getNumericValue(c);
        return Character.isDigit(c) || Character.getType(c) == Character.OTHER_NUMBER && value >= 0 && value <= 9;
    }

    static boolean isNumeric(int c) {
        return Characters.isNumeric(c) || NUMERALS.indexOf(c) >= 0;
    }

    /** Returns whether a text is a Python identifier. */
    static boolean isIdentifier(String text) {
        return !text.isEmpty()
                && isIdentifierStart(text.codePointAt(0))
                && text.codePoints()
                        .allMatch(c -> Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
    }

    private static boolean isIdentifierStart(int c) {
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }
}
