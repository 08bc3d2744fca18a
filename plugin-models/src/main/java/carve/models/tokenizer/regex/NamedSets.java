package carve.models.tokenizer.regex;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The sets of characters that have names in expressions. */
public final class NamedSets {
    /** Unicode's property White_Space. */
    public static final CharacterSet WHITE_SPACE = new CharacterSet.Ranges(
            0x09, 0x0D, 0x20, 0x20, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029, 0x202F,
            0x202F, 0x205F, 0x205F, 0x3000, 0x3000);

    private static final int MARK =
            mask(Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK);
    private static final int DECIMAL = mask(Character.DECIMAL_DIGIT_NUMBER);

    /** Decimal digits. */
    public static final CharacterSet DIGIT = new CharacterSet.Categories(DECIMAL);
    /** Characters of words: letters, marks, decimal digits and connecting punctuation; and the numbers of Latin-1, as Oniguruma has it. */
    public static final CharacterSet WORD = CharacterSet.union(List.of(
            new CharacterSet.Alphabetic(),
            new CharacterSet.Categories(MARK | DECIMAL | mask(Character.CONNECTOR_PUNCTUATION)),
            new CharacterSet.Ranges(0xB2, 0xB3, 0xB9, 0xB9, 0xBC, 0xBE)));

    static final CharacterSet HEX_DIGIT = new CharacterSet.Ranges('0', '9', 'a', 'f', 'A', 'F');

    /** General categories by their short names, in the order of UAX 44. */
    private static final Map<String, Integer> CATEGORIES = Map.ofEntries(
            Map.entry("lu", mask(Character.UPPERCASE_LETTER)),
            Map.entry("ll", mask(Character.LOWERCASE_LETTER)),
            Map.entry("lt", mask(Character.TITLECASE_LETTER)),
            Map.entry("lm", mask(Character.MODIFIER_LETTER)),
            Map.entry("lo", mask(Character.OTHER_LETTER)),
            Map.entry("mn", mask(Character.NON_SPACING_MARK)),
            Map.entry("mc", mask(Character.COMBINING_SPACING_MARK)),
            Map.entry("me", mask(Character.ENCLOSING_MARK)),
            Map.entry("nd", DECIMAL),
            Map.entry("nl", mask(Character.LETTER_NUMBER)),
            Map.entry("no", mask(Character.OTHER_NUMBER)),
            Map.entry("pc", mask(Character.CONNECTOR_PUNCTUATION)),
            Map.entry("pd", mask(Character.DASH_PUNCTUATION)),
            Map.entry("ps", mask(Character.START_PUNCTUATION)),
            Map.entry("pe", mask(Character.END_PUNCTUATION)),
            Map.entry("pi", mask(Character.INITIAL_QUOTE_PUNCTUATION)),
            Map.entry("pf", mask(Character.FINAL_QUOTE_PUNCTUATION)),
            Map.entry("po", mask(Character.OTHER_PUNCTUATION)),
            Map.entry("sm", mask(Character.MATH_SYMBOL)),
            Map.entry("sc", mask(Character.CURRENCY_SYMBOL)),
            Map.entry("sk", mask(Character.MODIFIER_SYMBOL)),
            Map.entry("so", mask(Character.OTHER_SYMBOL)),
            Map.entry("zs", mask(Character.SPACE_SEPARATOR)),
            Map.entry("zl", mask(Character.LINE_SEPARATOR)),
            Map.entry("zp", mask(Character.PARAGRAPH_SEPARATOR)),
            Map.entry("cc", mask(Character.CONTROL)),
            Map.entry("cf", mask(Character.FORMAT)),
            Map.entry("cs", mask(Character.SURROGATE)),
            Map.entry("co", mask(Character.PRIVATE_USE)),
            Map.entry("cn", mask(Character.UNASSIGNED)));

    private static final Map<String, String> LONG_NAMES = Map.ofEntries(
            Map.entry("letter", "l"),
            Map.entry("uppercaseletter", "lu"),
            Map.entry("lowercaseletter", "ll"),
            Map.entry("titlecaseletter", "lt"),
            Map.entry("modifierletter", "lm"),
            Map.entry("otherletter", "lo"),
            Map.entry("mark", "m"),
            Map.entry("nonspacingmark", "mn"),
            Map.entry("spacingmark", "mc"),
            Map.entry("enclosingmark", "me"),
            Map.entry("number", "n"),
            Map.entry("decimalnumber", "nd"),
            Map.entry("letternumber", "nl"),
            Map.entry("othernumber", "no"),
            Map.entry("punctuation", "p"),
            Map.entry("symbol", "s"),
            Map.entry("separator", "z"),
            Map.entry("other", "c"),
            Map.entry("control", "cc"));

    private NamedSets() {}

    /** Returns the set of a property, such as {@code L}, {@code Lu}, {@code Han} or {@code alpha}; nothing if the name is unknown. */
    static Optional<CharacterSet> property(String name) {
        String key = name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
        String category = LONG_NAMES.getOrDefault(key, key);
        if (category.length() == 1 || CATEGORIES.containsKey(category)) {
            return category(category);
        }
        return posix(key).or(() -> script(name));
    }

    private static Optional<CharacterSet> category(String name) {
        int mask = CATEGORIES.entrySet().stream()
                .filter(category -> category.getKey().startsWith(name))
                .mapToInt(Map.Entry::getValue)
                .reduce(0, (one, other) -> one | other);
        return mask == 0 ? Optional.empty() : Optional.of(new CharacterSet.Categories(mask));
    }

    /** Returns the set of a POSIX bracket, such as {@code alpha}; nothing if the name is unknown. */
    static Optional<CharacterSet> posix(String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "alpha", "alphabetic" -> new CharacterSet.Alphabetic();
                    case "alnum" -> CharacterSet.union(List.of(new CharacterSet.Alphabetic(), DIGIT));
                    case "ascii" -> CharacterSet.range(0, 0x7F);
                    case "any" -> CharacterSet.range(0, Character.MAX_CODE_POINT);
                    case "blank" ->
                        CharacterSet.union(List.of(
                                CharacterSet.of('\t'), new CharacterSet.Categories(mask(Character.SPACE_SEPARATOR))));
                    case "cntrl" -> new CharacterSet.Categories(mask(Character.CONTROL));
                    case "digit" -> DIGIT;
                    case "space", "whitespace" -> WHITE_SPACE;
                    case "word" -> WORD;
                    case "xdigit" -> HEX_DIGIT;
                    default -> null;
                });
    }

    private static Optional<CharacterSet> script(String name) {
        try {
            return Optional.of(new CharacterSet.Script(Character.UnicodeScript.forName(name)));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** Returns a bit for each of these values of {@link Character#getType(int)}. */
    public static int mask(byte... types) {
        int mask = 0;
        for (byte type : types) {
            mask |= 1 << type;
        }
        return mask;
    }
}
