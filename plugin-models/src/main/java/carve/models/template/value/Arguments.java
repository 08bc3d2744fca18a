package carve.models.template.value;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of a call.
 *
 * @param positional those without a name, in order
 * @param named those with one, in order
 */
public record Arguments(List<Value> positional, Map<String, Value> named) {
    /** No arguments. */
    public static final Arguments NONE = of();

    /** Copies both. */
    public Arguments {
        positional = List.copyOf(positional);
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
    }

    /** Returns arguments without names. */
    public static Arguments of(Value... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /** Returns these without the first positional ones. */
    public Arguments skip(int count) {
        return new Arguments(positional.subList(count, positional.size()), named);
    }

    /** Returns these without one of the named. */
    public Arguments without(String name) {
        Map<String, Value> others = new LinkedHashMap<>(named);
        others.remove(name);
        return new Arguments(positional, others);
    }

    /** Returns these with another named one. */
    public Arguments with(String name, Value value) {
        Map<String, Value> all = new LinkedHashMap<>(named);
        all.put(name, value);
        return new Arguments(positional, all);
    }
}
