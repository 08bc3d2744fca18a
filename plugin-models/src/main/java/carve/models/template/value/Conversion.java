package carve.models.template.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;

/** Python's {@code int(value)} and {@code float(value)}. */
public final class Conversion {
    private static final Pattern FLOAT =
            Pattern.compile("[+-]?((\\d+(_\\d+)*)?\\.?(\\d+(_\\d+)*)?([eE][+-]?\\d+(_\\d+)*)?)");
    private static final Pattern SPECIAL = Pattern.compile("([+-]?)(inf|infinity|nan)", Pattern.CASE_INSENSITIVE);
    private static final int MAX_DIGITS = 4300;

    private Conversion() {}

    /**
     * Returns the integer of a number, without its fraction.
     *
     * @throws PythonException if it is not a number, or not finite
     */
    public static IntegerValue truncated(Value value) {
        if (value instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (!(value instanceof FloatValue f)) {
            return new IntegerValue(Numbers.integer(value));
        }
        if (Double.isNaN(f.value())) {
            throw PythonException.value("cannot convert float NaN to integer");
        }
        if (Double.isInfinite(f.value())) {
            throw new PythonException("OverflowError", "cannot convert float infinity to integer");
        }
        return new IntegerValue(new BigDecimal(f.value()).toBigInteger());
    }

    /** Returns the integer that a text means, if it is one in this base, which is 0 or 2 to 36. */
    public static Optional<IntegerValue> integer(String text, int base) {
        String stripped = Characters.strip(text, Characters::isSpace, true, true);
        boolean negative = stripped.startsWith("-");
        String unsigned = negative || stripped.startsWith("+") ? stripped.substring(1) : stripped;
        String lower = Characters.lower(unsigned);
        int radix = base != 0 ? base : prefixRadix(lower);
        boolean prefixed = prefixRadix(lower) == radix && radix != 10;
        String digits = plainDigits(prefixed ? lower.substring(2) : lower, prefixed, radix);
        boolean octalLooking = base == 0 && !prefixed && digits.startsWith("0") && !digits.matches("0+");
        if (digits.isEmpty() || digits.length() > MAX_DIGITS || octalLooking) {
            return Optional.empty();
        }
        BigInteger value = new BigInteger(digits, radix);
        return Optional.of(new IntegerValue(negative ? value.negate() : value));
    }

    private static int prefixRadix(String lower) {
        return lower.startsWith("0x") ? 16 : lower.startsWith("0o") ? 8 : lower.startsWith("0b") ? 2 : 10;
    }

    // ASCII digits without underscores; empty if there is anything else
    private static String plainDigits(String text, boolean prefixed, int radix) {
        StringBuilder digits = new StringBuilder();
        boolean underscoreMayFollow = prefixed;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            int digit = Character.digit(c, radix);
            if (c == '_' && underscoreMayFollow) {
                underscoreMayFollow = false;
            } else if (digit >= 0) {
                digits.append(Character.forDigit(digit, radix));
                underscoreMayFollow = true;
            } else {
                return "";
            }
        }
        return text.endsWith("_") ? "" : digits.toString();
    }

    /** Returns the double that a text means, if it is one. */
    public static Optional<FloatValue> real(String text) {
        String stripped = Characters.strip(text, Characters::isSpace, true, true);
        var special = SPECIAL.matcher(stripped);
        if (special.matches()) {
            double value = Characters.lower(special.group(2)).equals("nan") ? Double.NaN : Double.POSITIVE_INFINITY;
            return Optional.of(new FloatValue(special.group(1).equals("-") ? -value : value));
        }
        boolean hasDigit = stripped.chars().anyMatch(Character::isDigit) && !stripped.matches("[+-]?\\.?[eE].*");
        if (!hasDigit || !FLOAT.matcher(stripped).matches()) {
            return Optional.empty();
        }
        return Optional.of(new FloatValue(Double.parseDouble(stripped.replace("_", ""))));
    }
}
