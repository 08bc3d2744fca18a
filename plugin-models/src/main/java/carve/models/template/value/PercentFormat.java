package carve.models.template.value;

import java.util.List;

/** Python's {@code format % values}. */
final class PercentFormat {
    private static final int DEFAULT_PRECISION = 6;

    private final Budget budget;

    PercentFormat(Budget budget) {
        this.budget = budget;
    }

    Value format(StringValue format, Value values) {
        Run run = new Run(format, values);
        return format.with(run.result());
    }

    private record Flags(boolean left, boolean plus, boolean blank, boolean alternate, boolean zero) {}

    private final class Run {
        private final StringValue format;
        private final String text;
        private final Value values;
        private final List<Value> positional;
        private final TextBuilder out = new TextBuilder(budget);
        private int at;
        private int next;

        Run(StringValue format, Value values) {
            this.format = format;
            this.text = format.text();
            this.values = values;
            this.positional = values instanceof TupleValue tuple ? tuple.items() : List.of(values);
        }

        String result() {
            while (at < text.length()) {
                int percent = text.indexOf('%', at);
                if (percent < 0) {
                    out.append(text.substring(at));
                    break;
                }
                out.append(text.substring(at, percent));
                at = percent + 1;
                conversion();
            }
            if (next < positional.size() && !isMapping()) {
                throw PythonException.type("not all arguments converted during string formatting");
            }
            return out.toString();
        }

        private boolean isMapping() {
            return values instanceof DictValue
                    || values instanceof ListValue
                    || values instanceof RangeValue
                    || values instanceof UndefinedValue;
        }

        private void conversion() {
            Value named = text.startsWith("(", at) ? named() : null;
            Flags flags = flags();
            int width = number(named);
            boolean left = flags.left() || width < 0;
            int precision = -1;
            if (text.startsWith(".", at)) {
                at++;
                precision = Math.max(0, number(named));
            }
            while (at < text.length() && "hlL".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            if (at >= text.length()) {
                throw PythonException.value("incomplete format");
            }
            char type = text.charAt(at++);
            if (type == '%') {
                out.append("%");
                return;
            }
            Value value = named == null ? argument() : named;
            pad(
                    converted(type, value, flags, precision),
                    Math.abs((long) width),
                    left,
                    flags.zero() && "sra".indexOf(type) < 0 && type != 'c');
        }

        private Value named() {
            int depth = 1;
            int start = ++at;
            while (at < text.length() && depth > 0) {
                char c = text.charAt(at++);
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            }
            if (depth > 0) {
                throw PythonException.value("incomplete format key");
            }
            if (!(values instanceof DictValue dict)) {
                throw PythonException.type("format requires a mapping");
            }
            String key = text.substring(start, at - 1);
            return dict.value(StringValue.of(key)).orElseThrow(() -> new PythonException("KeyError", Repr.quoted(key)));
        }

        private Flags flags() {
            int start = at;
            while (at < text.length() && "-+ #0".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            String given = text.substring(start, at);
            return new Flags(
                    given.contains("-"),
                    given.contains("+"),
                    given.contains(" "),
                    given.contains("#"),
                    given.contains("0"));
        }

        private int number(Value named) {
            if (named == null && text.startsWith("*", at)) {
                at++;
                Value given = argument();
                if (!Numbers.isInteger(given)) {
                    throw PythonException.type("* wants int");
                }
                return Numbers.clamped(given);
            }
            long number = 0;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                number = Math.min(Integer.MAX_VALUE, number * 10 + text.charAt(at++) - '0');
            }
            return (int) number;
        }

        private Value argument() {
            if (next >= positional.size()) {
                throw PythonException.type("not enough arguments for format string");
            }
            return positional.get(next++);
        }

        private void pad(String converted, long width, boolean left, boolean zero) {
            long missing = width - Characters.count(converted);
            if (left) {
                out.append(converted).repeat(" ", missing);
            } else if (zero) {
                int sign = prefix(converted);
                out.append(converted.substring(0, sign)).repeat("0", missing).append(converted.substring(sign));
            } else {
                out.repeat(" ", missing).append(converted);
            }
        }

        private int prefix(String converted) {
            int sign = !converted.isEmpty() && "+- ".indexOf(converted.charAt(0)) >= 0 ? 1 : 0;
            boolean base = converted.length() > sign + 1
                    && converted.charAt(sign) == '0'
                    && "xXo".indexOf(converted.charAt(sign + 1)) >= 0;
            return base ? sign + 2 : sign;
        }

        private String converted(char type, Value value, Flags flags, int precision) {
            return switch (type) {
                case 's', 'r', 'a' -> limited(shown(type, value), precision);
                case 'c' -> character(value);
                case 'd', 'i', 'u', 'x', 'X', 'o' -> integer(type, value, flags, precision);
                case 'e', 'E', 'f', 'F', 'g', 'G' -> real(type, value, flags, precision);
                default ->
                    throw PythonException.value("unsupported format character '%s' (0x%x) at index %d"
                            .formatted(type, (int) type, Characters.count(text.substring(0, at - 1))));
            };
        }

        private String shown(char type, Value value) {
            if (type == 's') {
                return format.markup() ? Markup.of(value, budget).text() : Repr.str(value, budget);
            }
            String repr = Repr.repr(value, budget);
            String ascii = type == 'a' ? Ascii.escaped(repr) : repr;
            return format.markup() ? Markup.escape(ascii) : ascii;
        }

        private String limited(String shown, int precision) {
            return precision < 0 || Characters.count(shown) <= precision
                    ? shown
                    : shown.substring(0, shown.offsetByCodePoints(0, precision));
        }

        private String character(Value value) {
            if (value instanceof StringValue s && Characters.count(s.text()) == 1) {
                return s.text();
            }
            if (!Numbers.isInteger(value)) {
                throw PythonException.type("%c requires int or char");
            }
            int c = Numbers.clamped(value);
            if (!Character.isValidCodePoint(c)) {
                throw new PythonException("OverflowError", "%c arg not in range(0x110000)");
            }
            return Character.toString(c);
        }

        private String integer(char type, Value value, Flags flags, int precision) {
            boolean decimal = "diu".indexOf(type) >= 0;
            if (decimal && value instanceof UndefinedValue undefined) {
                throw undefined.failure();
            }
            if (!Numbers.isInteger(value) && !(decimal && value instanceof FloatValue)) {
                throw PythonException.type("%%%c format: %s is required, not %s"
                        .formatted(type, decimal ? "a real number" : "an integer", value.typeName()));
            }
            IntegerValue integer = Conversion.truncated(value);
            int radix = decimal ? 10 : type == 'o' ? 8 : 16;
            String digits = decimal
                    ? Repr.digits(new IntegerValue(integer.value().abs()))
                    : integer.value().abs().toString(radix);
            budget.text(precision);
            String filled = "0".repeat(Math.max(0, precision - digits.length())) + digits;
            String prefixed = flags.alternate() && !decimal ? (radix == 8 ? "0o" : "0x") + filled : filled;
            return sign(integer.value().signum() < 0, flags) + (type == 'X' ? Characters.upper(prefixed) : prefixed);
        }

        private String real(char type, Value value, Flags flags, int precision) {
            if (value instanceof UndefinedValue undefined) {
                throw undefined.failure();
            }
            if (!Numbers.isNumber(value)) {
                throw PythonException.type("must be real number, not " + value.typeName());
            }
            double number = Numbers.real(value);
            boolean negative = number < 0 || 1 / number < 0;
            String digits = FloatFormat.of(
                    Math.abs(number), type, precision < 0 ? DEFAULT_PRECISION : precision, flags.alternate());
            return sign(negative, flags) + digits;
        }

        private String sign(boolean negative, Flags flags) {
            return negative ? "-" : flags.plus() ? "+" : flags.blank() ? " " : "";
        }
    }
}
