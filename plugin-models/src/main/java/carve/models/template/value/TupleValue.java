package carve.models.template.value;

import java.util.List;

/**
 * A Python {@code tuple}.
 *
 * @param items the items in order
 * @param nesting how deep containers are nested in it, itself counted
 */
public record TupleValue(List<Value> items, int nesting) implements SequenceValue {
    /** Copies the items. */
    public TupleValue {
        items = List.copyOf(items);
    }

    /**
     * Returns a tuple of these items.
     *
     * @throws PythonException if containers are nested too deep in it
     */
    public static TupleValue of(List<? extends Value> items) {
        return new TupleValue(List.copyOf(items), Nesting.around(items));
    }

    /** Returns a tuple of these items. */
    public static TupleValue of(Value... items) {
        return of(List.of(items));
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
