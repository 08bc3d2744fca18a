package carve.models.template.syntax;

import java.util.List;
import java.util.stream.Stream;

/**
 * The arguments of a call, unevaluated.
 *
 * @param positional those without a name
 * @param named those with one
 * @param spread what {@code *} stands before; none or one
 * @param spreadNamed what {@code **} stands before; none or one
 */
public record CallArguments(
        List<Expression> positional, List<NamedArgument> named, List<Expression> spread, List<Expression> spreadNamed) {
    /** No arguments. */
    public static final CallArguments NONE = new CallArguments(List.of(), List.of(), List.of(), List.of());

    /**
     * An argument with a name.
     *
     * @param name the name
     * @param value what it is
     */
    public record NamedArgument(String name, Expression value) {}

    /** Copies the lists. */
    public CallArguments {
        positional = List.copyOf(positional);
        named = List.copyOf(named);
        spread = List.copyOf(spread);
        spreadNamed = List.copyOf(spreadNamed);
    }

    /** Returns the one argument. */
    static CallArguments of(Expression argument) {
        return new CallArguments(List.of(argument), List.of(), List.of(), List.of());
    }

    /** Returns an expression and those of the arguments, in the order in which they are evaluated. */
    List<Expression> after(Expression first) {
        return Stream.concat(Stream.of(first), children().stream()).toList();
    }

    /** Returns the expressions in the order in which they are evaluated. */
    List<Expression> children() {
        return Stream.of(
                        positional.stream(),
                        named.stream().map(NamedArgument::value),
                        spread.stream(),
                        spreadNamed.stream())
                .flatMap(part -> part)
                .toList();
    }
}
