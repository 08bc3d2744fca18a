package carve.models.template.render;

import carve.models.template.value.Conversion;
import carve.models.template.value.FloatValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.Signature;
import carve.models.template.value.StringValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The filters of numbers. */
final class NumberFilters {
    private static final int MAX_PRECISION = 400;
    private static final String[] SIZES = {"k", "M", "G", "T", "P", "E", "Z", "Y"};

    private NumberFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("int", Filter.of(Signature.of("do_int", 0, "value", "default=", "base="), NumberFilters::integer));
        all.put("float", Filter.of(Signature.of("do_float", 0, "value", "default="), NumberFilters::real));
        all.put("abs", Filter.of(Signature.of("abs", 0, "x"), NumberFilters::absolute));
        all.put(
                "round",
                Filter.of(Signature.of("do_round", 0, "value", "precision=", "method="), NumberFilters::round));
        all.put(
                "filesizeformat",
                Filter.of(Signature.of("do_filesizeformat", 0, "value", "binary="), NumberFilters::fileSize));
    }

    private static Value integer(FilterTools tools, Signature.Bound a) {
        Value otherwise = a.optional(1).orElse(IntegerValue.of(0));
        int base = a.optional(2).map(Numbers::clamped).orElse(10);
        return switch (a.at(0)) {
            case StringValue s -> {
                boolean valid = base == 0 || base >= 2 && base <= 36;
                Optional<IntegerValue> whole = valid ? Conversion.integer(s.text(), base) : Optional.empty();
                yield whole.<Value>map(value -> value)
                        .orElseGet(() -> Conversion.real(s.text())
                                .filter(value -> Double.isFinite(value.value()))
                                .<Value>map(Conversion::truncated)
                                .orElse(otherwise));
            }
            case UndefinedValue undefined -> throw undefined.failure();
            case FloatValue f when Double.isNaN(f.value()) -> otherwise;
            case Value value when Numbers.isNumber(value) -> Conversion.truncated(value);
            default -> otherwise;
        };
    }

    private static Value real(FilterTools tools, Signature.Bound a) {
        Value otherwise = a.optional(1).orElse(new FloatValue(0));
        return switch (a.at(0)) {
            case StringValue s ->
                Conversion.real(s.text()).<Value>map(value -> value).orElse(otherwise);
            case UndefinedValue undefined -> throw undefined.failure();
            case Value value when Numbers.isNumber(value) -> new FloatValue(Numbers.real(value));
            default -> otherwise;
        };
    }

    private static Value absolute(FilterTools tools, Signature.Bound a) {
        Value value = a.at(0);
        if (value instanceof FloatValue f) {
            return new FloatValue(Math.abs(f.value()));
        }
        if (!Numbers.isInteger(value)) {
            throw PythonException.type("bad operand type for abs(): '%s'".formatted(value.typeName()));
        }
        return new IntegerValue(Numbers.integer(value).abs());
    }

    private static Value round(FilterTools tools, Signature.Bound a) {
        Value value = a.at(0);
        Value precision = a.optional(1).orElse(IntegerValue.of(0));
        String method = a.optional(2).map(tools::str).orElse("common");
        return switch (method) {
            case "common" -> rounded(value, Numbers.clamped(precision));
            case "ceil", "floor" -> {
                Value factor = tools.arithmetic().power(IntegerValue.of(10), precision);
                Value scaled = tools.arithmetic().multiply(value, factor);
                yield tools.arithmetic().divide(toward(scaled, method), factor);
            }
            default -> throw new PythonException("FilterArgumentError", "method must be common, ceil or floor");
        };
    }

    private static Value toward(Value value, String method) {
        if (!Numbers.isNumber(value)) {
            throw PythonException.type("must be real number, not " + value.typeName());
        }
        if (!(value instanceof FloatValue f)) {
            return value;
        }
        double whole = method.equals("ceil") ? Math.ceil(f.value()) : Math.floor(f.value());
        return Conversion.truncated(new FloatValue(whole));
    }

    private static Value rounded(Value value, int precision) {
        if (!Numbers.isNumber(value)) {
            throw PythonException.type("type %s doesn't define __round__ method".formatted(value.typeName()));
        }
        if (value instanceof FloatValue f) {
            boolean exact = !Double.isFinite(f.value()) || precision > MAX_PRECISION;
            return exact ? f : new FloatValue(Math.copySign(scaled(new BigDecimal(f.value()), precision), f.value()));
        }
        BigInteger integer = Numbers.integer(value);
        if (precision >= 0) {
            return new IntegerValue(integer);
        }
        boolean zero = precision < -(integer.bitLength() + 1);
        return new IntegerValue(
                zero
                        ? BigInteger.ZERO
                        : new BigDecimal(integer)
                                .setScale(precision, RoundingMode.HALF_EVEN)
                                .toBigInteger());
    }

    private static double scaled(BigDecimal value, int precision) {
        return precision < -MAX_PRECISION
                ? 0
                : Math.abs(value.setScale(precision, RoundingMode.HALF_EVEN).doubleValue());
    }

    private static double bytes(Value value) {
        return switch (value) {
            case StringValue s ->
                Conversion.real(s.text())
                        .map(FloatValue::value)
                        .orElseThrow(() ->
                                PythonException.value("could not convert string to float: " + Repr.quoted(s.text())));
            case UndefinedValue undefined -> throw undefined.failure();
            case Value number when Numbers.isNumber(number) -> Numbers.real(number);
            default ->
                throw PythonException.type(
                        "float() argument must be a string or a real number, not '%s'".formatted(value.typeName()));
        };
    }

    private static Value fileSize(FilterTools tools, Signature.Bound a) {
        double bytes = bytes(a.at(0));
        boolean binary = a.flag(1);
        double base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return StringValue.of("1 Byte");
        }
        if (bytes < base) {
            return StringValue.of("%d Bytes".formatted((long) bytes));
        }
        int size = 0;
        double unit = base * base;
        while (bytes >= unit && size < SIZES.length - 1) {
            size++;
            unit *= base;
        }
        String name = binary ? SIZES[size].toUpperCase(Locale.ROOT) + "iB" : SIZES[size] + "B";
        Value shown = tools.arithmetic().modulo(StringValue.of("%.1f"), new FloatValue(base * bytes / unit));
        return StringValue.of(tools.str(shown) + " " + name);
    }
}
