package carve.models.template.value;

import java.util.function.Function;

/**
 * A function or a bound method.
 *
 * @param name its name
 * @param typeName its Python type
 * @param repr what it is printed as
 * @param body what it does
 */
public record FunctionValue(String name, String typeName, String repr, Function<Arguments, Value> body)
        implements CallableValue {
    /** Returns a function as Python code defines it. */
    public static FunctionValue function(String name, Function<Arguments, Value> body) {
        return new FunctionValue(name, "function", "<function %s at 0x0>".formatted(name), body);
    }

    /** Returns a method that is built in, bound to its object, which is of this type. */
    public static FunctionValue method(String owner, String name, Function<Arguments, Value> body) {
        return new FunctionValue(
                name,
                "builtin_function_or_method",
                "<built-in method %s of %s object at 0x0>".formatted(name, owner),
                body);
    }

    @Override
    public Value call(Arguments arguments) {
        return body.apply(arguments);
    }
}
