package carve.models.template.value;

import java.math.BigDecimal;

/** The text of a double, as Python's {@code repr} has it. */
final class FloatText {
    private static final int LAST_PLAIN_EXPONENT = 16;
    private static final int FIRST_PLAIN_EXPONENT = -4;

    private FloatText() {}

    static String of(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = value < 0 || 1 / value < 0 ? "-" : "";
        return sign + (value == 0 ? "0.0" : ofPositive(Math.abs(value)));
    }

    // Java's text has the shortest digits that read back as the same double, as Python's has
    private static String ofPositive(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        String digits = decimal.unscaledValue().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        if (exponent < FIRST_PLAIN_EXPONENT || exponent >= LAST_PLAIN_EXPONENT) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return "%s%se%s%02d".formatted(digits.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = decimal.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }
}
