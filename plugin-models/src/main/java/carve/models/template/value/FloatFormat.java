package carve.models.template.value;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** The texts of a double with a number of digits, as C's {@code %f}, {@code %e} and {@code %g} have them; without a sign. */
final class FloatFormat {
    private static final int MAX_PRECISION = 5000;
    private static final int FIRST_PLAIN_EXPONENT = -4;

    private FloatFormat() {}

    /**
     * Returns the text of a value that is not negative.
     *
     * @param type one of {@code f}, {@code e} and {@code g}, or upper case
     * @param alternate whether a point stands even before no digits, and {@code g} keeps zeros at the end
     */
    static String of(double value, char type, int precision, boolean alternate) {
        if (precision > MAX_PRECISION) {
            throw PythonException.limit("a number is formatted with a precision above " + MAX_PRECISION);
        }
        String text = Double.isNaN(value)
                ? "nan"
                : Double.isInfinite(value) ? "inf" : finite(value, Character.toLowerCase(type), precision, alternate);
        return Character.isUpperCase(type) ? Characters.upper(text) : text;
    }

    private static String finite(double value, char type, int precision, boolean alternate) {
        return switch (type) {
            case 'f' -> withPoint(fixed(value, precision), alternate);
            case 'e' -> exponent(value, precision, alternate);
            default -> general(value, Math.max(1, precision), alternate);
        };
    }

    private static String fixed(double value, int precision) {
        return new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static String exponent(double value, int precision, boolean alternate) {
        Scientific scientific = Scientific.of(value, precision + 1);
        String mantissa = scientific.digits().charAt(0)
                + (precision > 0 ? "." + scientific.digits().substring(1) : "");
        return withPoint(mantissa, alternate) + scientific.suffix();
    }

    private static String general(double value, int precision, boolean alternate) {
        Scientific scientific = Scientific.of(value, precision);
        if (scientific.exponent() < FIRST_PLAIN_EXPONENT || scientific.exponent() >= precision) {
            String digits = scientific.digits();
            String mantissa = digits.length() > 1 ? digits.charAt(0) + "." + digits.substring(1) : digits;
            return (alternate ? withPoint(mantissa, true) : withoutZeros(mantissa)) + scientific.suffix();
        }
        String plain = fixed(value, precision - 1 - scientific.exponent());
        return alternate ? withPoint(plain, true) : withoutZeros(plain);
    }

    private record Scientific(String digits, int exponent) {
        static Scientific of(double value, int count) {
            if (value == 0) {
                return new Scientific("0".repeat(count), 0);
            }
            BigDecimal exact = new BigDecimal(value);
            int exponent = exact.precision() - exact.scale() - 1;
            BigDecimal rounded = exact.setScale(count - 1 - exponent, RoundingMode.HALF_EVEN);
            if (rounded.precision() > count) {
                exponent++;
                rounded = exact.setScale(count - 1 - exponent, RoundingMode.HALF_EVEN);
            }
            return new Scientific(rounded.unscaledValue().toString(), exponent);
        }

        String suffix() {
            return "e%s%02d".formatted(exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
    }

    private static String withPoint(String text, boolean alternate) {
        return alternate && !text.contains(".") ? text + "." : text;
    }

    private static String withoutZeros(String text) {
        if (!text.contains(".")) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    }
}
