package carve.models.template.value;

import java.util.function.Function;

/**
 * A function or a bound method.
 *
 * @param name its name
 * @param typeName its Python type
 * @param body what it does
 */
public record FunctionValue(String name, String typeName, Function<Arguments, Value> body) implements CallableValue {
    /** Returns a function as Python code defines it. */
    public static FunctionValue function(String name, Function<Arguments, Value> body) {
        return new FunctionValue(name, "function", body);
    }

    /** Returns a method that is built in, bound to its object. */
    public static FunctionValue method(String name, Function<Arguments, Value> body) {
        return new FunctionValue(name, "builtin_function_or_method", body);
    }

    @Override
    public String repr() {
        return typeName.equals("function") ? "<function " + name + " at 0x0>" : "<built-in method " + name + " at 0x0>";
    }

    @Override
    public Value call(Arguments arguments) {
        return body.apply(arguments);
    }
}
