package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Signature;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.List;

/** A filter: what it makes of a value, the first argument, and others. */
@FunctionalInterface
interface Filter {
    /** Returns the filtered value. */
    Value apply(FilterTools tools, Arguments arguments);

    /** The body of a filter whose arguments are bound. */
    @FunctionalInterface
    interface Body {
        Value apply(FilterTools tools, Signature.Bound arguments);
    }

    /** Returns a filter with these parameters; the optional ones end in {@code =}. */
    static Filter of(Signature signature, Body body) {
        return (tools, arguments) -> body.apply(tools, signature.bind(arguments));
    }

    /** Returns the arguments of a filter: what is filtered, and the others. */
    static Arguments arguments(Value subject, Arguments others) {
        List<Value> all = new ArrayList<>(others.positional().size() + 1);
        all.add(subject);
        all.addAll(others.positional());
        return new Arguments(all, others.named());
    }
}
