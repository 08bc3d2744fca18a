package carve.models.template.value;

import java.math.BigInteger;
import java.util.Optional;
import java.util.function.Supplier;

/** The attributes of Python's numbers. */
final class NumberAttributes {
    private NumberAttributes() {}

    static Optional<Value> ofInteger(IntegerValue value, String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "real", "numerator" -> value;
                    case "imag" -> IntegerValue.of(0);
                    case "denominator" -> IntegerValue.of(1);
                    case "bit_length" ->
                        method(
                                name,
                                "int",
                                () -> IntegerValue.of(value.value().abs().bitLength()));
                    case "bit_count" ->
                        method(
                                name,
                                "int",
                                () -> IntegerValue.of(value.value().abs().bitCount()));
                    case "conjugate" -> method(name, "int", () -> value);
                    case "as_integer_ratio" ->
                        method(name, "int", () -> TupleValue.of(value, new IntegerValue(BigInteger.ONE)));
                    case "to_bytes", "from_bytes" -> throw PythonException.unsupported("int." + name);
                    default -> null;
                });
    }

    static Optional<Value> ofFloat(FloatValue value, String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "real" -> value;
                    case "imag" -> new FloatValue(0);
                    case "is_integer" ->
                        method(
                                name,
                                "float",
                                () -> BooleanValue.of(
                                        Double.isFinite(value.value()) && value.value() == Math.rint(value.value())));
                    case "conjugate" -> method(name, "float", () -> value);
                    case "as_integer_ratio", "hex", "fromhex" -> throw PythonException.unsupported("float." + name);
                    default -> null;
                });
    }

    private static Value method(String name, String type, Supplier<Value> result) {
        return FunctionValue.method(type, name, arguments -> {
            new MethodCall(type, name, arguments).none();
            return result.get();
        });
    }
}
