package carve.models.template.value;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code format(value, specification)}. */
final class FormatSpec {
    private static final Pattern GRAMMAR = Pattern.compile(
            "(?s)(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\\d+)?([_,])?(?:\\.(\\d+))?(.)?",
            Pattern.UNICODE_CHARACTER_CLASS);
    private static final int DEFAULT_PRECISION = 6;
    private static final int MAX_NUMBER_LENGTH = 9;

    private final String text;
    private final String fill;
    private final String align;
    private final String sign;
    private final boolean alternate;
    private final boolean zero;
    private final int width;
    private final String grouping;
    private final int precision;
    private final char type;
    private final Budget budget;

    private FormatSpec(String text, Matcher parts, Budget budget) {
        this.text = text;
        this.zero = parts.group(6) != null;
        this.fill = parts.group(1) != null ? parts.group(1) : zero && parts.group(2) == null ? "0" : " ";
        this.align = parts.group(2) == null ? "" : parts.group(2);
        this.sign = parts.group(3) == null ? "-" : parts.group(3);
        this.alternate = parts.group(5) != null;
        this.width = number(parts.group(7), 0);
        this.grouping = parts.group(8) == null ? "" : parts.group(8);
        this.precision = number(parts.group(9), -1);
        this.type = parts.group(10) == null ? 0 : parts.group(10).charAt(0);
        this.budget = budget;
    }

    private static int number(String digits, int otherwise) {
        if (digits == null) {
            return otherwise;
        }
        if (digits.length() > MAX_NUMBER_LENGTH) {
            throw PythonException.value("Too many decimal digits in format string");
        }
        return Integer.parseInt(digits);
    }

    static String format(Value value, String specification, Budget budget) {
        if (specification.isEmpty()) {
            return Repr.str(value, budget);
        }
        if (!(value instanceof StringValue) && !Numbers.isNumber(value)) {
            throw PythonException.type("unsupported format string passed to %s.__format__".formatted(value.typeName()));
        }
        Matcher parts = GRAMMAR.matcher(specification);
        if (!parts.matches()) {
            throw PythonException.value("Invalid format specifier");
        }
        FormatSpec spec = new FormatSpec(specification, parts, budget);
        return switch (value) {
            case StringValue s -> spec.string(s);
            case FloatValue f -> spec.real(f.value(), f);
            default -> spec.integer(value);
        };
    }

    private String string(StringValue s) {
        if (type != 0 && type != 's') {
            throw unknownCode(s);
        }
        if (!grouping.isEmpty()) {
            throw PythonException.value("Cannot specify '%s' with 's'.".formatted(grouping));
        }
        if (!sign.equals("-")) {
            throw PythonException.value("Sign not allowed in string format specifier");
        }
        if (align.equals("=")) {
            throw PythonException.value("'=' alignment not allowed in string format specifier");
        }
        int count = Characters.count(s.text());
        String limited = precision >= 0 && precision < count
                ? s.text().substring(0, s.text().offsetByCodePoints(0, precision))
                : s.text();
        return padded("", limited, "<");
    }

    private String integer(Value value) {
        if (type != 0 && "eEfFgG%".indexOf(type) >= 0) {
            return real(Numbers.real(value), value);
        }
        if (precision >= 0) {
            throw PythonException.value("Precision not allowed in integer format specifier");
        }
        BigInteger integer = Numbers.integer(value);
        BigInteger size = integer.abs();
        String negative = integer.signum() < 0 ? "-" : "";
        return switch (type) {
            case 0, 'd', 'n' -> number(negative, "", Repr.digits(new IntegerValue(size)), 3);
            case 'x' -> number(negative, "0x", size.toString(16), 4);
            case 'X' -> number(negative, "0X", Characters.upper(size.toString(16)), 4);
            case 'o' -> number(negative, "0o", size.toString(8), 4);
            case 'b' -> number(negative, "0b", size.toString(2), 4);
            case 'c' -> padded("", Character.toString(Numbers.clamped(value)), "<");
            default -> throw unknownCode(value);
        };
    }

    private String real(double number, Value value) {
        if (type != 0 && "eEfFgGn%".indexOf(type) < 0) {
            throw unknownCode(value);
        }
        double size = Math.abs(number);
        String negative = number < 0 || 1 / number < 0 ? "-" : "";
        int digits = precision < 0 ? DEFAULT_PRECISION : precision;
        String shown = switch (type) {
            case 0 -> precision < 0 ? FloatText.of(size) : general(size);
            case '%' -> FloatFormat.of(size * 100, 'f', digits, alternate) + "%";
            case 'n' -> FloatFormat.of(size, 'g', digits, alternate);
            default -> FloatFormat.of(size, type, digits, alternate);
        };
        return number(negative, "", shown, 3);
    }

    // without a type, a number keeps a digit after its point
    private String general(double size) {
        String shown = FloatFormat.of(size, 'g', precision, alternate);
        boolean bare = shown.chars().allMatch(Character::isDigit);
        return bare ? shown + ".0" : shown;
    }

    private String number(String negative, String prefix, String digits, int group) {
        String before = (negative.isEmpty() && !sign.equals("-") ? sign : negative) + (alternate ? prefix : "");
        if (grouping.isEmpty()) {
            return padded(before, digits, ">");
        }
        boolean fillsWithZeros = fill.equals("0") && (align.isEmpty() && zero || align.equals("="));
        int room = fillsWithZeros ? width - before.length() : 0;
        return padded(before, Grouping.of(digits, grouping, group, room), ">");
    }

    private String padded(String before, String body, String standard) {
        String side = !align.isEmpty() ? align : zero && !standard.equals("<") ? "=" : standard;
        long missing = (long) width - Characters.count(before) - Characters.count(body);
        long left = switch (side) {
            case "<" -> 0;
            case "^" -> Math.max(0, missing) / 2;
            default -> missing;
        };
        long right = side.equals("<") || side.equals("^") ? missing - left : 0;
        TextBuilder out = new TextBuilder(budget);
        if (side.equals("=")) {
            out.append(before).repeat(fill, left).append(body);
        } else {
            out.repeat(fill, left).append(before).append(body).repeat(fill, right);
        }
        return out.toString();
    }

    private PythonException unknownCode(Value value) {
        if (text.length() > 1 && Characters.count(text) > 1 && Character.isDigit(type)) {
            return PythonException.value("Invalid format specifier");
        }
        return PythonException.value(
                "Unknown format code '%s' for object of type '%s'".formatted(type, value.typeName()));
    }
}
