package carve.models.template.value;

import java.util.List;

/**
 * A Python {@code tuple}, or a {@code namedtuple}.
 *
 * @param items the items in order
 * @param names the names of the items, where it is a namedtuple; else empty
 * @param nesting how deep containers are nested in it, itself counted
 */
public record TupleValue(List<Value> items, List<String> names, int nesting) implements SequenceValue {
    /** Copies the lists. */
    public TupleValue {
        items = List.copyOf(items);
        names = List.copyOf(names);
    }

    /**
     * Returns a tuple of these items.
     *
     * @throws PythonException if containers are nested too deep in it
     */
    public static TupleValue of(List<? extends Value> items) {
        return new TupleValue(List.copyOf(items), List.of(), Nesting.around(items));
    }

    /** Returns a tuple of these items. */
    public static TupleValue of(Value... items) {
        return of(List.of(items));
    }

    /** Returns the namedtuple of the same items. */
    public TupleValue named(List<String> others) {
        return new TupleValue(items, others, nesting);
    }

    @Override
    public TupleValue with(List<Value> other) {
        return of(other);
    }

    @Override
    public String typeName() {
        return "tuple";
    }
}
