package carve.models.tokenizer.json;

/**
 * Numbers as the tokenizers library reads them: the digits as a whole number, rounded, then multiplied or divided by a power of
 * ten, and rounded again. That may differ from the nearest number in the last bit, which decides between equal scores.
 */
final class LibraryNumber {
    private static final int MAX_POWER = 308;

    private LibraryNumber() {}

    /** Returns the value of a number in JSON; it may be infinite. */
    static double parse(String text) {
        int exponentAt = Math.max(text.indexOf('e'), text.indexOf('E'));
        String mantissa = exponentAt < 0 ? text : text.substring(0, exponentAt);
        int exponent = exponentAt < 0 ? 0 : exponent(text.substring(exponentAt + 1));
        long digits = 0;
        boolean fraction = false;
        boolean full = false;
        for (int i = 0; i < mantissa.length(); i++) {
            char c = mantissa.charAt(i);
            if (c == '.') {
                fraction = true;
            } else if (c >= '0' && c <= '9') {
                full |= digits > (Long.MAX_VALUE - 9) / 10;
                if (full) {
                    exponent += fraction ? 0 : 1; // digits beyond those of a long are left out
                } else {
                    digits = digits * 10 + (c - '0');
                    exponent -= fraction ? 1 : 0;
                }
            }
        }
        double value = scaled(digits, exponent);
        return text.startsWith("-") ? -value : value;
    }

    private static int exponent(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException _) {
            return text.startsWith("-") ? -MAX_POWER * 4 : MAX_POWER * 4;
        }
    }

    private static double scaled(double digits, int exponent) {
        double value = digits;
        int left = exponent;
        while (left < -MAX_POWER && value != 0) {
            value /= 1e308;
            left += MAX_POWER;
        }
        if (value == 0 || left > MAX_POWER) {
            return value == 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        double power = Double.parseDouble("1e" + Math.abs(left));
        return left < 0 ? value / power : value * power;
    }
}
