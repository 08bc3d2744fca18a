package carve.api.json;

import java.math.BigDecimal;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A JSON number that keeps its text, so that {@code 1e-05} is printed as it was read.
 *
 * <p>{@code NaN}, {@code Infinity} and {@code -Infinity} are numbers too: they are not JSON, but Python writes them into
 * {@code config.json}.
 *
 * @param text the number as it is written
 */
public record JsonNumber(String text) implements JsonValue {
    private static final Pattern GRAMMAR =
            Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|-?Infinity");
    private static final int DIGITS = 1000;
    private static final int LONG_DIGITS = 18;

    /**
     * Checks the text.
     *
     * @throws JsonException if it is not a number, or has more than 1000 characters
     */
    public JsonNumber {
        if (text.length() > DIGITS || !GRAMMAR.matcher(text).matches()) {
            throw new JsonException("not a number: " + new JsonString(text).describe());
        }
    }

    /** Returns the number with this value. */
    public static JsonNumber of(long value) {
        return new JsonNumber(Long.toString(value));
    }

    /** Returns the number with this value, in the shortest text that reads back as the same double. */
    public static JsonNumber of(double value) {
        return new JsonNumber(Double.toString(value));
    }

    /** Returns the value as a double, rounded to nearest. */
    public double real() {
        return Double.parseDouble(text);
    }

    /** Returns the value if it is whole and fits a long, however it is written: 3, 3.0 and 3e0 are 3. */
    public OptionalLong whole() {
        if (isPlain()) {
            return OptionalLong.of(Long.parseLong(text));
        }
        double rounded = real();
        if (!(Math.abs(rounded) <= 0x1p63)) {
            return OptionalLong.empty();
        }
        if (Math.abs(rounded) < 1) {
            return rounded == 0 && isZero() ? OptionalLong.of(0) : OptionalLong.empty();
        }
        try {
            return OptionalLong.of(new BigDecimal(text).longValueExact());
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }

    // most are, and BigDecimal takes long to start
    private boolean isPlain() {
        return text.length() <= LONG_DIGITS && text.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9');
    }

    private boolean isZero() {
        return text.chars().takeWhile(c -> c != 'e' && c != 'E').noneMatch(c -> c >= '1' && c <= '9');
    }

    @Override
    public String describe() {
        return text;
    }
}
