package carve.models.template.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The parameters of a function of Python's, and what binds arguments to them.
 *
 * @param function its name, as messages have it
 * @param required how many of the parameters have no default
 * @param hidden how many more arguments the messages count: those that the engine passes
 * @param parameters the names
 */
public record Signature(String function, int required, int hidden, List<String> parameters) {
    /** Returns a signature whose optional parameters end in {@code =}. */
    public static Signature of(String function, int hidden, String... parameters) {
        int required = 0;
        List<String> names = new ArrayList<>();
        for (String parameter : parameters) {
            boolean optional = parameter.endsWith("=");
            required += optional ? 0 : 1;
            names.add(optional ? parameter.substring(0, parameter.length() - 1) : parameter);
        }
        return new Signature(function, required, hidden, List.copyOf(names));
    }

    /** Arguments by parameter. */
    public static final class Bound {
        private final Value[] values;

        private Bound(Value[] values) {
            this.values = values;
        }

        /** Returns the argument of a required parameter. */
        public Value at(int parameter) {
            return values[parameter];
        }

        /** Returns the argument of a parameter, if one was given. */
        public Optional<Value> optional(int parameter) {
            return Optional.ofNullable(values[parameter]);
        }

        /** Returns the argument of a parameter, if one was given that is not None. */
        public Optional<Value> some(int parameter) {
            return optional(parameter).filter(value -> value != NoneValue.NONE);
        }

        /** Returns whether the argument of a parameter was given and is true. */
        public boolean flag(int parameter) {
            return values[parameter] != null && values[parameter].truth();
        }
    }

    /**
     * Binds the arguments of a call.
     *
     * @throws PythonException if they do not fit
     */
    public Bound bind(Arguments arguments) {
        Value[] values = new Value[parameters.size()];
        int given = arguments.positional().size();
        if (given > values.length) {
            throw PythonException.type(tooMany(given));
        }
        for (int i = 0; i < given; i++) {
            values[i] = arguments.positional().get(i);
        }
        arguments.named().forEach((name, value) -> bind(values, name, value));
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < required; i++) {
            if (values[i] == null) {
                missing.add("'" + parameters.get(i) + "'");
            }
        }
        if (!missing.isEmpty()) {
            throw PythonException.type("%s() missing %d required positional argument%s: %s"
                    .formatted(function, missing.size(), missing.size() == 1 ? "" : "s", joined(missing)));
        }
        return new Bound(values);
    }

    private void bind(Value[] values, String name, Value value) {
        int at = parameters.indexOf(name);
        if (at < 0) {
            throw PythonException.type("%s() got an unexpected keyword argument '%s'".formatted(function, name));
        }
        if (values[at] != null) {
            throw PythonException.type("%s() got multiple values for argument '%s'".formatted(function, name));
        }
        values[at] = value;
    }

    private String tooMany(int given) {
        int most = hidden + parameters.size();
        int least = hidden + required;
        String takes = least == most ? "" + most : "from %d to %d".formatted(least, most);
        return "%s() takes %s positional argument%s but %d were given"
                .formatted(function, takes, most == 1 ? "" : "s", hidden + given);
    }

    private static String joined(List<String> names) {
        int last = names.size() - 1;
        return switch (names.size()) {
            case 1 -> names.getFirst();
            case 2 -> names.get(0) + " and " + names.get(1);
            default -> names.subList(0, last).stream().collect(Collectors.joining(", ")) + ", and " + names.get(last);
        };
    }
}
