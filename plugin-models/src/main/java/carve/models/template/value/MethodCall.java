package carve.models.template.value;

import java.util.List;
import java.util.Optional;

/**
 * A call of a method that is built in, with the checks of CPython.
 *
 * @param type the Python type, such as {@code str}
 * @param name the method
 * @param arguments what it is called with
 */
record MethodCall(String type, String name, Arguments arguments) {
    /** Requires no arguments. */
    MethodCall none() {
        requireNoNames();
        if (!positional().isEmpty()) {
            throw PythonException.type("%s.%s() takes no arguments (%d given)"
                    .formatted(type, name, positional().size()));
        }
        return this;
    }

    /** Requires exactly one argument and returns it. */
    Value one() {
        requireNoNames();
        if (positional().size() != 1) {
            throw PythonException.type("%s.%s() takes exactly one argument (%d given)"
                    .formatted(type, name, positional().size()));
        }
        return positional().getFirst();
    }

    /** Requires so many arguments. */
    MethodCall between(int least, int most) {
        requireNoNames();
        int given = positional().size();
        if (given < least || given > most) {
            String bound = least == most ? "" : given < least ? "at least " : "at most ";
            int expected = given < least ? least : most;
            throw PythonException.type("%s expected %s%d argument%s, got %d"
                    .formatted(name, bound, expected, expected == 1 ? "" : "s", given));
        }
        return this;
    }

    Optional<Value> at(int index) {
        return index < positional().size() ? Optional.of(positional().get(index)) : Optional.empty();
    }

    /** Returns the argument at an index, which must be a string. */
    String text(int index) {
        Value value = positional().get(index);
        if (value instanceof StringValue s) {
            return s.text();
        }
        throw PythonException.type(
                "%s() argument %d must be str, not %s".formatted(name, index + 1, Types.shortName(value)));
    }

    /** Returns the integer at an index. */
    long integer(int index) {
        return Numbers.clampedLong(positional().get(index));
    }

    private List<Value> positional() {
        return arguments.positional();
    }

    private void requireNoNames() {
        if (!arguments.named().isEmpty()) {
            throw PythonException.type("%s.%s() takes no keyword arguments".formatted(type, name));
        }
    }
}
