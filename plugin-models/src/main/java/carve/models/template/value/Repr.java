package carve.models.template.value;

import java.util.List;

/** The text that Python's {@code str} and {@code repr} make of a value. */
public final class Repr {
    // CPython refuses longer ones
    private static final int MAX_DIGITS = 4300;
    private static final int BITS_OF_MAX_DIGITS = 14_285;

    private final TextBuilder out;

    private Repr(TextBuilder out) {
        this.out = out;
    }

    /**
     * Returns {@code str(value)}.
     *
     * @throws PythonException if the text is too long
     */
    public static String str(Value value, Budget budget) {
        return switch (value) {
            case StringValue s -> s.text();
            case UndefinedValue undefined -> "";
            default -> repr(value, budget);
        };
    }

    /**
     * Returns {@code repr(value)}.
     *
     * @throws PythonException if the text is too long
     */
    public static String repr(Value value, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        new Repr(out).add(value);
        return out.toString();
    }

    /** Returns {@code repr(value)} of a small value, such as an index. */
    static String repr(Value value) {
        return repr(value, new Budget(Integer.MAX_VALUE, Integer.MAX_VALUE, 1));
    }

    /**
     * Returns the digits of an integer.
     *
     * @throws PythonException if there are more than CPython prints
     */
    static String digits(IntegerValue integer) {
        String digits = integer.value().bitLength() > BITS_OF_MAX_DIGITS
                ? ""
                : integer.value().toString();
        if (digits.isEmpty() || digits.length() > MAX_DIGITS + 1) {
            throw PythonException.value(
                    "Exceeds the limit (%d digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
                            .formatted(MAX_DIGITS));
        }
        return digits;
    }

    private void add(Value value) {
        switch (value) {
            case NoneValue none -> out.append("None");
            case BooleanValue b -> out.append(b.truth() ? "True" : "False");
            case IntegerValue i -> out.append(digits(i));
            case FloatValue f -> out.append(FloatText.of(f.value()));
            case StringValue s -> out.append(s.markup() ? "Markup(" + quoted(s.text()) + ")" : quoted(s.text()));
            case ListValue list -> addAll("[", list.items(), "]");
            case TupleValue tuple -> addAll("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")");
            case RangeValue range -> out.append(ofRange(range));
            case SliceValue slice -> addAll("slice(", List.of(slice.start(), slice.stop(), slice.step()), ")");
            case DictValue dict -> addDict(dict);
            case DictView view -> addAll(view.typeName() + "([", view.items(), "])");
            case IteratorValue iterator -> out.append(iterator.repr());
            case UndefinedValue undefined -> out.append("Undefined");
            case ObjectValue object -> out.append(object.repr());
        }
    }

    private static String ofRange(RangeValue range) {
        String step = range.step() == 1 ? "" : ", " + range.step();
        return "range(%d, %d%s)".formatted(range.start(), range.stop(), step);
    }

    private void addAll(String before, List<? extends Value> items, String after) {
        out.append(before);
        String separator = "";
        for (Value item : items) {
            out.append(separator);
            add(item);
            separator = ", ";
        }
        out.append(after);
    }

    private void addDict(DictValue dict) {
        out.append("{");
        String separator = "";
        for (DictValue.Item item : dict.items()) {
            out.append(separator);
            add(item.key());
            out.append(": ");
            add(item.value());
            separator = ", ";
        }
        out.append("}");
    }

    /** Returns a string in quotes, as {@code repr} of Python has it. */
    public static String quoted(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder quoted = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> quote(quoted, c, quote));
        return quoted.append(quote).toString();
    }

    private static void quote(StringBuilder out, int c, char quote) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\\' -> out.append("\\\\");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (Characters.isPrintable(c)) {
                    out.appendCodePoint(c);
                } else {
                    out.append(Ascii.escape(c));
                }
            }
        }
    }
}
